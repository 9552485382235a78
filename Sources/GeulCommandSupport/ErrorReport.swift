package import ArgumentParser
import Geul
import PortableFoundation

extension ParsableCommand {
  /// Prints an error to standard error, or the help or version that was asked for to standard output, and exits.
  ///
  /// The exit code is 2 after a usage error, 1 after another error.
  ///
  /// - Parameters:
  ///   - error: The error.
  ///   - program: The name of the program, before the message.
  ///   - help: The command line that prints the help.
  ///   - isOption: Returns true if the command has an option, which the message may then advise.
  package static func exit(
    with error: any Error, program: String, help: @autoclosure () -> String,
    offering isOption: (String) -> Bool = { _ in false }
  ) -> Never {
    let code = exitCode(for: error)
    guard code != .success else {
      do { try Output.text(fullMessage(for: error) + "\n") } catch { endProcess(1) }
      endProcess(0)
    }
    let text = (error as? TextError)?.description(offering: isOption) ?? message(for: error)
    var message = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    guard code == .validationFailure else {
      Output.note("\(program): \(message)\(suggestion(after: error))")
      endProcess(1)
    }
    if !message.hasSuffix(".") && !message.hasSuffix("?") { message += "." }
    Output.note("\(program): \(message) See \(help()).")
    endProcess(2)
  }

  /// Returns a sentence that names the paths nearest to a file that does not exist; empty after another error.
  private static func suggestion(after error: any Error) -> String {
    switch error {
    case let error as TextError where error.reason == .missing: didYouMean(error.source)
    case let error as FileError where error.action == .open && error.isMissing:
      didYouMean(error.path)
    default: ""
    }
  }
}
