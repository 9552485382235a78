import Foundation
import GeulGeneration
import TestSupport
import Testing

struct SamplingOptionsTests {
  static func validationError(_ change: (inout SamplingOptions) -> Void) -> SamplingError? {
    var options = SamplingOptions()
    change(&options)
    do throws(SamplingError) {
      try options.validate()
      return nil
    } catch {
      return error
    }
  }

  @Test func `the defaults and the ends of every range are valid`() {
    #expect(Self.validationError { _ in } == nil)
    #expect(Self.validationError { $0.temperature = 0 } == nil)
    #expect(Self.validationError { $0.temperature = .greatestFiniteMagnitude } == nil)
    #expect(Self.validationError { $0.topK = .max } == nil)
    #expect(Self.validationError { $0.topP = .leastNonzeroMagnitude } == nil)
    #expect(Self.validationError { $0.minP = 1 } == nil)
    #expect(Self.validationError { $0.repeatPenalty = 0.5 } == nil)
    #expect(Self.validationError { $0.repeatLastN = 0 } == nil)
    #expect(Self.validationError { $0.topNSigma = .greatestFiniteMagnitude } == nil)
    #expect(Self.validationError { $0.typicalP = .leastNonzeroMagnitude } == nil)
    #expect(Self.validationError { $0.dryMultiplier = .greatestFiniteMagnitude } == nil)
    #expect(
      Self.validationError { ($0.dryBase, $0.dryAllowedLength, $0.dryLastN) = (1, 1, 0) } == nil)
    #expect(Self.validationError { ($0.dryAllowedLength, $0.dryLastN) = (.max, .max) } == nil)
    #expect(
      Self.validationError { ($0.mirostat, $0.mirostatTau, $0.mirostatEta) = (2, 0, 1) } == nil)
    #expect(Self.validationError { $0.mirostatEta = 0 } == nil)
    #expect(Self.validationError { $0.dynatempExponent = .leastNonzeroMagnitude } == nil)
    #expect(Self.validationError { $0.dynatempRange = .greatestFiniteMagnitude } == nil)
    for end in [-2, 2] as [Double] {
      #expect(Self.validationError { $0.presencePenalty = end } == nil)
      #expect(Self.validationError { $0.frequencyPenalty = end } == nil)
    }
    // Whether the tokens are in the vocabulary is not known yet.
    #expect(Self.validationError { $0.logitBias = [0: -100, .max: 100, -1: 0] } == nil)
  }

  @Test(arguments: [2, -2, 100, -100] as [Double])
  func `values beyond the ends of a range are invalid`(end: Double) {
    let values = [end < 0 ? end.nextDown : end.nextUp, end * 2, .nan, .infinity, -.infinity]
    for value in values {
      if abs(end) == 2 {
        #expect(Self.validationError { $0.presencePenalty = value } != nil)
        #expect(Self.validationError { $0.frequencyPenalty = value } != nil)
      } else {
        #expect(Self.validationError { $0.logitBias = [0: 1, 5: value] } != nil)
      }
    }
  }

  @Test(arguments: [-1, -.leastNonzeroMagnitude, .nan, .infinity, -.infinity] as [Double])
  func `negative, infinite and NaN values are invalid`(value: Double) {
    for change: @Sendable (inout SamplingOptions) -> Void in [
      { $0.temperature = value }, { $0.topP = value }, { $0.minP = value },
      { $0.repeatPenalty = value }, { $0.topNSigma = value }, { $0.typicalP = value },
      { $0.dryMultiplier = value }, { $0.dryBase = value }, { $0.mirostatTau = value },
      { $0.mirostatEta = value }, { $0.dynatempRange = value }, { $0.dynatempExponent = value },
    ] {
      #expect(Self.validationError(change) != nil)
    }
  }

  @Test func `the error names the option, its range and its value`() {
    #expect(
      Self.validationError { $0.temperature = -1 }?.description
        == "--temperature must be 0 or more, not -1.0.")
    #expect(
      Self.validationError { $0.topK = -1 }?.description
        == "--top-k must be 0 (off) or more, not -1.")
    #expect(
      Self.validationError { $0.topP = 0 }
        == .outOfRange(option: "top-p", range: "more than 0 and at most 1 (off)", value: "0.0"))
    #expect(Self.validationError { $0.topP = 1.5 }?.description.contains("not 1.5") == true)
    #expect(Self.validationError { $0.minP = 1.01 }?.description.contains("--min-p") == true)
    #expect(
      Self.validationError { $0.repeatPenalty = 0 }?.description.contains("--repeat-penalty")
        == true)
    #expect(
      Self.validationError { $0.repeatLastN = -1 }?.description.contains("--repeat-last-n") == true)
    for (change, message) in [
      ({ $0.topNSigma = -1 }, "--top-n-sigma must be 0 (off) or more, not -1.0."),
      ({ $0.typicalP = 1.5 }, "--typical-p must be more than 0 and at most 1 (off), not 1.5."),
      ({ $0.dryMultiplier = -1 }, "--dry-multiplier must be 0 (off) or more, not -1.0."),
      ({ $0.dryBase = 0.5 }, "--dry-base must be 1 or more, not 0.5."),
      ({ $0.dryAllowedLength = 0 }, "--dry-allowed-length must be 1 or more, not 0."),
      ({ $0.dryLastN = -1 }, "--dry-last-n must be 0 (off) or more, not -1."),
      ({ $0.mirostat = 1 }, "--mirostat must be 0 (off) or 2, not 1."),
      ({ $0.mirostatTau = -1 }, "--mirostat-tau must be 0 or more, not -1.0."),
      ({ $0.mirostatEta = 1.5 }, "--mirostat-eta must be from 0 to 1, not 1.5."),
      ({ $0.dynatempRange = -1 }, "--dynatemp-range must be 0 (off) or more, not -1.0."),
      ({ $0.dynatempExponent = 0 }, "--dynatemp-exponent must be more than 0, not 0.0."),
    ] as [((inout SamplingOptions) -> Void, String)] {
      #expect(Self.validationError(change)?.description == message)
    }
    #expect(
      Self.validationError { $0.presencePenalty = 2.5 }?.description
        == "--presence-penalty must be from -2 to 2 (0 is off), not 2.5.")
    #expect(
      Self.validationError { $0.frequencyPenalty = -3 }?.description
        == "--frequency-penalty must be from -2 to 2 (0 is off), not -3.0.")
    #expect(
      Self.validationError { $0.logitBias = [9: 200, 1: 0, 4: 101] }?.description
        == "--logit-bias must be from -100 (bans the token) to 100, not 101.0 for token 4.")
    #expect(
      SamplingError.unknownToken(id: 65, vocabularySize: 65).description
        == "--logit-bias: token 65 is not in the vocabulary of 65 tokens; their ids start at 0.")
    #expect(Self.validationError { $0.temperature = .nan }?.description.contains("not nan") == true)
  }

  @Test func `options are encoded to JSON and back`() throws {
    let options = SamplingOptions(
      temperature: 0.5, topK: 40, topP: 0.95, minP: 0.05, repeatPenalty: 1.1, repeatLastN: 32,
      presencePenalty: 0.5, frequencyPenalty: -0.25, logitBias: [3: -100, 14: 1.5],
      topNSigma: 1.5, typicalP: 0.75, dryMultiplier: 0.8, dryBase: 2, dryAllowedLength: 9,
      dryLastN: 99, mirostat: 2, mirostatTau: 1, mirostatEta: 0.2, dynatempRange: 0.5,
      dynatempExponent: 2)
    let json = try JSONEncoder().encode(options)
    #expect(try JSONDecoder().decode(SamplingOptions.self, from: json) == options)
  }

  @Test func `fields that are missing in JSON take their defaults`() throws {
    func decode(_ json: String) throws -> SamplingOptions {
      try JSONDecoder().decode(SamplingOptions.self, from: Data(json.utf8))
    }
    let old = #"{"temperature":1,"topK":4,"topP":0.5,"minP":0,"repeatPenalty":2,"repeatLastN":9}"#
    #expect(
      try decode(old)
        == SamplingOptions(temperature: 1, topK: 4, topP: 0.5, repeatPenalty: 2, repeatLastN: 9))
    #expect(try decode("{}") == SamplingOptions())
    #expect(try decode(#"{"logitBias":{"7":-100}}"#) == SamplingOptions(logitBias: [7: -100]))
    #expect(throws: DecodingError.self) { try decode(#"{"frequencyPenalty":"high"}"#) }
  }
}
