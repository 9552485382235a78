#if Server

import Geul

/// Members that several requests have.
extension RequestFields {
  /// Returns the id of the model; nil if the request does not name one.
  func model() throws(APIError) -> String? { try string("model") }

  /// Returns the options that control sampling, with the defaults and ranges of `geul generate`.
  func sampling() throws(APIError) -> SamplingOptions {
    var options = SamplingOptions()
    func number(
      _ name: String, _ rule: String, _ option: WritableKeyPath<SamplingOptions, Double>,
      where isInRange: (Double) -> Bool
    ) throws(APIError) {
      guard let value = try self.number(name, rule, where: isInRange) else { return }
      options[keyPath: option] = value
    }
    try number("temperature", "of 0 or more", \.temperature) { $0 >= 0 }
    try number("top_p", "of more than 0 and at most 1", \.topP) { $0 > 0 && $0 <= 1 }
    try number("min_p", "from 0 to 1", \.minP) { 0...1 ~= $0 }
    try number("repeat_penalty", "of more than 0", \.repeatPenalty) { $0 > 0 }
    try number("presence_penalty", "from -2 to 2", \.presencePenalty) { -2...2 ~= $0 }
    try number("frequency_penalty", "from -2 to 2", \.frequencyPenalty) { -2...2 ~= $0 }
    options.topK = try integer("top_k", in: 0...APILimits.tokenCount) ?? options.topK
    options.repeatLastN =
      try integer("repeat_last_n", in: 0...APILimits.tokenCount) ?? options.repeatLastN
    try advancedSampling(&options)
    options.logitBias = try logitBias()
    return options
  }

  /// Reads the options of the samplers beyond top-k, top-p, min-p and the penalties, under llama.cpp's names.
  private func advancedSampling(_ options: inout SamplingOptions) throws(APIError) {
    func number(
      _ name: String, _ rule: String, where isInRange: (Double) -> Bool
    ) throws(APIError) -> Double? { try self.number(name, rule, where: isInRange) }
    // llama.cpp's default for off is -1.
    options.topNSigma = max(0, try number("top_n_sigma", "of -1 (off) or more") { $0 >= -1 } ?? 0)
    options.typicalP =
      try number("typical_p", "of more than 0 and at most 1") { $0 > 0 && $0 <= 1 }
      ?? options.typicalP
    options.dryMultiplier =
      try number("dry_multiplier", "of 0 or more") { $0 >= 0 } ?? options.dryMultiplier
    options.dryBase = try number("dry_base", "of 1 or more") { $0 >= 1 } ?? options.dryBase
    options.dryAllowedLength =
      try integer("dry_allowed_length", in: 1...APILimits.tokenCount) ?? options.dryAllowedLength
    let lastN = try integer("dry_penalty_last_n", in: -1...APILimits.repetitionTokens)
    if let lastN { options.dryLastN = lastN < 0 ? APILimits.repetitionTokens : lastN }
    options.dynatempRange =
      try number("dynatemp_range", "of 0 or more") { $0 >= 0 } ?? options.dynatempRange
    options.dynatempExponent =
      try number("dynatemp_exponent", "of more than 0") { $0 > 0 } ?? options.dynatempExponent
    if let value = self["mirostat"] {
      guard let version = value.exactInteger, version == 0 || version == 2 else {
        throw mustBe("0 or 2", "mirostat", value)
      }
      options.mirostat = version
    }
    options.mirostatTau =
      try number("mirostat_tau", "of 0 or more") { $0 >= 0 } ?? options.mirostatTau
    options.mirostatEta =
      try number("mirostat_eta", "from 0 to 1") { 0...1 ~= $0 } ?? options.mirostatEta
  }

  /// Returns the numbers to add to the logits of tokens, by token id.
  private func logitBias() throws(APIError) -> [Int: Double] {
    let name = "logit_bias"
    guard let value = self[name] else { return [:] }
    guard case .object(let members) = value else {
      throw mustBe("an object of numbers by token id", name, value)
    }
    var biases: [Int: Double] = [:]
    for member in members {
      guard let id = Self.tokenID(member.key) else {
        throw .invalid(
          param: path(name),
          "\(path(name)) must have token ids as keys, such as \"17\", not "
            + "\(APIError.quoted(member.key)).")
      }
      guard let bias = member.value.finiteNumber, -100...100 ~= bias else {
        throw Self.mustBe(
          "a number from -100 to 100", "\(path(name))[\"\(id)\"]", member.value.shortDescription,
          param: path(name))
      }
      biases[id] = bias
    }
    return biases
  }

  /// Returns the token id that a key spells in decimal digits, without leading zeros; nil if it does not.
  private static func tokenID(_ key: String) -> Int? {
    guard let id = Int(key), id >= 0, "\(id)".utf8.elementsEqual(key.utf8) else { return nil }
    return id
  }

  /// Returns the stop strings.
  func stops() throws(APIError) -> [String] {
    let name = "stop"
    let rule =
      "a string or a list of at most \(APILimits.stops) strings, each of at most "
      + "\(APILimits.stopLength) characters"
    guard let value = self[name] else { return [] }
    let stops: [String]
    switch value {
    case .string(let stop): stops = [stop]
    case .array(let elements):
      guard elements.count <= APILimits.stops else {
        throw Self.mustBe(rule, path(name), "\(elements.count) strings")
      }
      stops = try strings(elements, name, rule)
    default: throw mustBe(rule, name, value)
    }
    if let stop = stops.first(where: { $0.unicodeScalars.count > APILimits.stopLength }) {
      throw Self.mustBe(rule, path(name), "one of \(stop.unicodeScalars.count) characters")
    }
    return stops
  }

  /// Returns the texts of a list of strings.
  func strings(
    _ elements: [JSONValue], _ name: String, _ rule: String
  ) throws(APIError) -> [String] {
    var texts: [String] = []
    for (index, element) in elements.enumerated() {
      guard case .string(let text) = element else {
        throw .invalid(
          param: path(name),
          "\(path(name)) must be \(rule); its element \(index) is \(element.typeName).")
      }
      texts.append(text)
    }
    return texts
  }

  /// Returns the random seed; nil if the server chooses it.
  func seed() throws(APIError) -> UInt64? {
    try integer("seed", in: 0...Int.max).map { UInt64($0) }
  }

  /// Returns the name of the session; nil if the request has none.
  func session() throws(APIError) -> String? {
    guard let name = try string("session") else { return nil }
    guard Self.isSessionName(name) else {
      throw Self.mustBe(
        "1 to \(APILimits.sessionNameLength) letters (A to Z, a to z), digits and characters of "
          + "\"-_.\", and not begin with \".\"",
        path("session"), APIError.quoted(name))
    }
    return name
  }

  /// Indicates whether a session can have this name.
  ///
  /// It does not begin with a dot: `..` would be another path in `DELETE /v1/sessions/..`.
  static func isSessionName(_ name: String) -> Bool {
    1...APILimits.sessionNameLength ~= name.utf8.count && name.utf8.first != UInt8(ascii: ".")
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."):
          true
        default: false
        }
      }
  }
}
#endif
