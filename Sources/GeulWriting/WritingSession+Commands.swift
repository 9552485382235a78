internal import GeulGeneration
internal import PortableFoundation

/// The commands of a session.
extension WritingSession {
  /// Runs a command, and answers in `message`.
  package mutating func run(command line: String) -> Effect? {
    do throws(WritingError) { return try execute(line) } catch {
      message = [error.description]
      return nil
    }
  }

  /// Runs a command.
  ///
  /// - Parameter line: The name of the command and its value, without the slash.
  /// - Returns: The action of the owner of the session; nil for none.
  /// - Throws: `WritingError` if the command or its value is wrong.
  package mutating func execute(_ line: String) throws(WritingError) -> Effect? {
    clearMessage()
    let name = line.prefix { !$0.isWhitespace }
    let command = try WritingCommand(named: String(name))
    var value = String(line[name.endIndex...].drop(while: \.isWhitespace))
    while value.last?.isWhitespace == true { value.removeLast() }
    guard value.isEmpty || command.valueName != nil else {
      throw WritingError("/\(command.rawValue) takes no value.")
    }
    switch command {
    case .next:
      suggestNext()
      return .showContinuation
    case .previous:
      suggestPrevious()
      return .showContinuation
    case .word: acceptWord()
    case .accept: acceptAll()
    case .undo: undo()
    case .redo: redo()
    case .save: return .save(value.isEmpty ? nil : value)
    case .settings: message = settings.descriptions
    case .help: showsHelp = true
    case .quit: return .end
    default:
      if !value.isEmpty {
        try settings.set(command, value)
        // The next continuation is the first one with these settings.
        if command != .surprisal { discardSuggestion() }
      }
      message = [settings.description(of: command)]
    }
    return nil
  }
}

extension WritingSettings {
  /// The settings, one per line.
  package var descriptions: [String] {
    WritingCommand.allCases.map { description(of: $0) }.filter { !$0.isEmpty }
  }

  /// Returns the name and the value of a setting; an empty text for other commands.
  func description(of command: WritingCommand) -> String {
    let value: String
    switch command {
    case .temperature: value = Self.text(sampling.temperature)
    case .length: value = "\(length)"
    case .topK: value = "\(sampling.topK)"
    case .topP: value = Self.text(sampling.topP)
    case .minP: value = Self.text(sampling.minP)
    case .seed: value = "\(seed)"
    case .surprisal: value = showsSurprisal ? "on" : "off"
    default: return ""
    }
    return "\(command.rawValue) \(value)"
  }

  /// The temperature and the filters that are on, for the status line.
  var summary: [String] {
    let off = SamplingOptions()
    return [description(of: .temperature)]
      + (sampling.topK == off.topK ? [] : [description(of: .topK)])
      + (sampling.topP == off.topP ? [] : [description(of: .topP)])
      + (sampling.minP == off.minP ? [] : [description(of: .minP)])
  }

  /// Sets a setting to a value.
  ///
  /// - Throws: `WritingError` with the range of the setting.
  mutating func set(_ command: WritingCommand, _ value: String) throws(WritingError) {
    var new = self
    switch command {
    case .temperature: new.sampling.temperature = try Self.number(command, value)
    case .topP: new.sampling.topP = try Self.number(command, value)
    case .minP: new.sampling.minP = try Self.number(command, value)
    case .topK: new.sampling.topK = try Self.number(command, value)
    case .seed: new.seed = try Self.number(command, value)
    case .length:
      new.length = try Self.number(command, value)
      guard Self.lengths.contains(new.length) else {
        throw WritingError(
          "length must be from \(Self.lengths.lowerBound) to \(Self.lengths.upperBound), not \(value)."
        )
      }
    case .surprisal:
      guard ["on", "off"].contains(value) else {
        throw WritingError("surprisal must be on or off, not \(value).")
      }
      new.showsSurprisal = value == "on"
    default: break
    }
    do throws(SamplingError) { try new.sampling.validate() } catch {
      throw WritingError(String(error.description.drop { $0 == "-" }))
    }
    self = new
  }

  private static func number<Number: LosslessStringConvertible>(
    _ command: WritingCommand, _ value: String
  ) throws(WritingError) -> Number {
    guard let number = Number(value) else {
      throw WritingError("\(command.rawValue) must be a number, not \(value).")
    }
    return number
  }

  /// Returns a number without a fraction of zero.
  private static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
  }
}
