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
  }

  @Test(arguments: [-1, -.leastNonzeroMagnitude, .nan, .infinity, -.infinity] as [Double])
  func `negative, infinite and NaN values are invalid`(value: Double) {
    for change: @Sendable (inout SamplingOptions) -> Void in [
      { $0.temperature = value }, { $0.topP = value }, { $0.minP = value },
      { $0.repeatPenalty = value },
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
    #expect(Self.validationError { $0.temperature = .nan }?.description.contains("not nan") == true)
  }

  @Test func `options are encoded to JSON and back`() throws {
    let options = SamplingOptions(
      temperature: 0.5, topK: 40, topP: 0.95, minP: 0.05, repeatPenalty: 1.1, repeatLastN: 32)
    let json = try JSONEncoder().encode(options)
    #expect(try JSONDecoder().decode(SamplingOptions.self, from: json) == options)
  }
}
