import Foundation
import GeulCompute
import GeulModel
import GeulText
import GeulTraining
import Testing

struct RunStateTests {
  /// A state with an evaluation every ten steps, of the given validation losses.
  private static func state(_ losses: [Double?], patience: Int) -> RunState {
    var configuration = TrainingConfiguration()
    configuration.patience = patience
    var state = RunState(
      configuration: configuration, text: RunState.TextSelection(sources: ["text"]),
      batcher: SequenceBatcher(tokenCount: 10_000, batch: 32, length: 64, seed: 1))
    state.history = losses.enumerated().map { index, loss in
      RunState.Evaluation(step: 10 * (index + 1), trainNats: 1, validationNats: loss)
    }
    state.step = 10 * losses.count
    return state
  }

  @Test func `a run stops early after as many evaluations without improvement as its patience`() {
    #expect(!Self.state([], patience: 3).stopsEarly)
    #expect(!Self.state([2, 1, 1.5, 1.5], patience: 3).stopsEarly)
    #expect(Self.state([2, 1, 1.5, 1.5, 1.5], patience: 3).stopsEarly)
    #expect(Self.state([2, 1, 1.5, 1.4, 1.3], patience: 3).stopsEarly)
    #expect(Self.state([2, 1, 1, 1, 1], patience: 3).stopsEarly, "an equal loss is no improvement")
    #expect(!Self.state([2, 1, 1.5, 1.5, 0.9], patience: 3).stopsEarly)
    #expect(!Self.state([2, 1, 1.5, 1.5, 0.9, 1, 1], patience: 3).stopsEarly)
  }

  @Test func `patience 0 never stops early`() {
    #expect(!Self.state([1] + Array(repeating: 2, count: 100), patience: 0).stopsEarly)
  }

  @Test func `a run without a validation text never stops early`() {
    let state = Self.state(Array(repeating: nil, count: 50), patience: 2)
    #expect(!state.stopsEarly)
    #expect(state.best?.step == 500)
  }

  @Test func `evaluations up to the start of patience do not count`() {
    var state = Self.state([1, 2, 2, 2, 2, 2], patience: 3)
    #expect(state.stopsEarly)
    state.patienceStart = 60
    #expect(!state.stopsEarly)
    state.patienceStart = 39
    #expect(state.stopsEarly)
    state.patienceStart = 40
    #expect(!state.stopsEarly)
  }

  @Test func `fine-tuning stops early only at less than half of the peak learning rate`() {
    var state = Self.state([1, 2, 2, 2, 2], patience: 3)
    state.configuration.schedule = LearningRateSchedule(peak: 0.01, warmup: 1, floor: 0)
    for total in [nil, 101, 99] {
      state.totalSteps = total
      state.postponeEarlyStopping()
      #expect(state.stopsEarly, "a run with new parameters stops at any learning rate")
    }
    state.text.extendsVocabulary = true
    state.totalSteps = 99
    state.postponeEarlyStopping()
    #expect(state.stopsEarly)
    state.totalSteps = 101
    state.postponeEarlyStopping()
    #expect(!state.stopsEarly)
    #expect(state.patienceStart == 50)
  }

  @Test func `the best evaluation has the lowest validation loss`() {
    #expect(Self.state([2, 1, 3], patience: 0).best?.step == 20)
    #expect(Self.state([2, nil, 1, 3, nil], patience: 0).best?.step == 30)
    #expect(Self.state([], patience: 0).best == nil)
  }

  // MARK: JSON

  /// The state of a run as version 0.1 wrote it.
  private static let json =
    #"{"history":[{"step":8,"trainNats":4.5,"validationNats":4.25},{"step":16,"trainNats":4}],"#
    + #""patientSince":3,"rateScale":0.5,"recentNats":3.5,"recentSteps":1,"settings":"#
    + #"{"architecture":{"cell":"gru","hidden":16,"layers":2},"averaging":0.75,"batch":4,"#
    + #""beta2":0.5,"dropout":0.25,"gradientClip":2,"length":16,"matrixRate":3,"momentum":0.25,"#
    + #""optimizer":"adamw","patience":5,"precision":"bfloat16","schedule":{"floor":0.5,"#
    + #""peak":0.125,"warmup":7},"seed":4,"validationFraction":0.25,"validations":11,"#
    + #""weightDecay":0.0625},"step":17,"text":{"invalid":"error","minimumCount":2,"#
    + #""sources":["/tmp/english.txt"]},"totalSteps":160,"watch":{"mean":4.5,"pardonedUntil":9,"#
    + #""steps":41,"variance":0.25},"windows":{"batch":4,"epoch":2,"index":41,"length":16,"#
    + #""offset":47,"random":{"state":14533498105517087581},"units":8100}}"#

  private static func decode<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(json.utf8))
  }

  private static func object(_ value: some Encodable) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(value)) as? [String: Any])
  }

  /// A part of a JSON object as text, with sorted keys.
  private static func text(_ value: Any?) throws -> String {
    String(
      decoding: try JSONSerialization.data(
        withJSONObject: try #require(value), options: [.sortedKeys, .fragmentsAllowed]),
      as: UTF8.self)
  }

  @Test func `the JSON of version 0.1 is read`() throws {
    let state = try Self.decode(RunState.self, Self.json)
    let configuration = state.configuration
    #expect(configuration.architecture == Architecture(cell: .gru, layers: 2, hidden: 16))
    #expect((configuration.batch, configuration.length) == (4, 16))
    #expect(configuration.schedule == LearningRateSchedule(peak: 0.125, warmup: 7, floor: 0.5))
    #expect((configuration.dropout, configuration.gradientClip) == (0.25, 2))
    #expect(configuration.optimizerKind == .adamw && configuration.precision == .bfloat16)
    #expect((configuration.muonLearningRateScale, configuration.momentum) == (3, 0.25))
    #expect((configuration.emaDecay, configuration.beta2) == (0.75, 0.5))
    #expect((configuration.weightDecay, configuration.validationFraction) == (0.0625, 0.25))
    #expect(configuration.seed == 4)
    #expect((configuration.evaluationCount, configuration.patience) == (11, 5))
    #expect((state.step, state.totalSteps, state.patienceStart) == (17, 160, 3))
    #expect((state.learningRateScale, state.recentNats, state.recentSteps) == (0.5, 3.5, 1))
    #expect(state.text.sources == ["/tmp/english.txt"] && state.text.minimumCount == 2)
    #expect((state.batcher.tokenCount, state.batcher.epoch, state.batcher.index) == (8100, 2, 41))
    #expect(state.history.map(\.validationNats) == [4.25, nil])
    #expect(state.saveEvery == nil && state.evaluationDensity == EvaluationSchedule.Density())
    #expect(state.isValid)
  }

  @Test func `the JSON has the keys of version 0.1 and round-trips`() throws {
    let state = try Self.decode(RunState.self, Self.json)
    let object = try Self.object(state)
    let old = try #require(
      try JSONSerialization.jsonObject(with: Data(Self.json.utf8)) as? [String: Any])
    #expect(Set(object.keys) == Set(old.keys).union(["evaluationDensity", "teachers"]))
    #expect(state.teachers.isEmpty)
    for key in ["windows", "watch"] {
      #expect(try Self.text(object[key]) == Self.text(old[key]), "\(key)")
    }
    var settings = try #require(object["settings"] as? [String: Any])
    #expect(settings.removeValue(forKey: "frozenLayers") as? Int == 0)
    #expect(settings.removeValue(forKey: "ngrams") as? String == "off")
    #expect(settings.removeValue(forKey: "ngramBytes") as? Int == 16 << 20)
    #expect(settings.removeValue(forKey: "teacherWeight") as? Double == 0)
    #expect(try Self.text(settings) == Self.text(old["settings"]))
    #expect(settings["averaging"] as? Double == 0.75)
    let again = try Self.decode(
      RunState.self, String(decoding: JSONEncoder().encode(state), as: UTF8.self))
    #expect(again == state)
  }

  @Test func `the seed of a list is written and read, and absent for a text`() throws {
    var state = try Self.decode(RunState.self, Self.json)
    #expect(state.text.listSeed == nil)
    #expect(try Self.object(state.text).keys.contains("listSeed") == false)
    state.text.listSeed = .max
    state.text.labels = LabelRule(.fixed("austen"), heldOut: 0.25)
    let again = try Self.decode(
      RunState.self, String(decoding: JSONEncoder().encode(state), as: UTF8.self))
    #expect(again == state && again.text.listSeed == .max)
  }

  @Test func `the shapes of teachers are written and read, and need their weight`() throws {
    var state = try Self.decode(RunState.self, Self.json)
    let fixture = try TrainingFixture()
    state.teachers = [RunState.Teacher(fixture.model(.rnn, layers: 3, hidden: 5, seed: 1))]
    #expect(!state.isValid)
    state.configuration.teacherWeight = 0.5
    #expect(state.isValid)
    let again = try Self.decode(
      RunState.self, String(decoding: JSONEncoder().encode(state), as: UTF8.self))
    #expect(again == state)
    for (layers, hidden) in [(0, 5), (3, -1), (65, 5), (3, 100_000)] {
      (state.teachers[0].architecture.layers, state.teachers[0].architecture.hidden) = (
        layers, hidden
      )
      #expect(!state.isValid)
    }
    state.teachers = []
    #expect(!state.isValid)
  }

  @Test func `every field of a configuration is written and read`() throws {
    var configuration = TrainingConfiguration()
    configuration.architecture = Architecture(cell: .rnn, layers: 3, hidden: 7, activation: .relu)
    (configuration.batch, configuration.length) = (5, 6)
    configuration.schedule = LearningRateSchedule(peak: 0.5, warmup: 3, floor: 0.25)
    (configuration.dropout, configuration.gradientClip) = (0.5, 4)
    (configuration.optimizerKind, configuration.muonLearningRateScale) = (.adamw, 2)
    (configuration.momentum, configuration.emaDecay) = (0.5, 0.25)
    (configuration.weightDecay, configuration.beta2) = (0.5, 0.75)
    (configuration.precision, configuration.validationFraction) = (.bfloat16, 0.5)
    (configuration.seed, configuration.evaluationCount, configuration.patience) = (.max, 9, 8)
    configuration.frozenLayers = 2
    (configuration.ngrams, configuration.ngramBytes) = (.on, 1000)
    configuration.teacherWeight = 0.75
    let defaults = try Self.object(TrainingConfiguration())
    let object = try Self.object(configuration)
    #expect(Set(object.keys) == Set(defaults.keys) && object.count == 21)
    for (key, value) in object {
      #expect(try Self.text(value) != Self.text(defaults[key]), "\(key) differs")
    }
    let again = try Self.decode(
      TrainingConfiguration.self,
      String(decoding: JSONEncoder().encode(configuration), as: UTF8.self))
    #expect(again == configuration)
  }

  @Test func `missing fields of a configuration take their defaults`() throws {
    #expect(try Self.decode(TrainingConfiguration.self, "{}") == TrainingConfiguration())
    var expected = TrainingConfiguration()
    (expected.batch, expected.emaDecay) = (3, 0.5)
    #expect(
      try Self.decode(TrainingConfiguration.self, #"{"batch":3,"averaging":0.5}"#) == expected)
    #expect(throws: DecodingError.self) {
      try Self.decode(TrainingConfiguration.self, #"{"batch":"many"}"#)
    }
  }

  @Test func `a state without a required field is rejected`() throws {
    let json = Self.json.replacingOccurrences(of: #""rateScale":0.5,"#, with: "")
    #expect(json != Self.json)
    #expect(throws: DecodingError.self) { try Self.decode(RunState.self, json) }
  }
}
