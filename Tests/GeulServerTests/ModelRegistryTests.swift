#if Server
import GeulCommandSupport
import GeulGeneration
import GeulServer
import Synchronization
import Testing

struct ModelRegistryTests {
  struct Damaged: Error {}

  @Test
  func `the id is the stem of the file or the name of the directory`() throws {
    let registry = try ModelRegistry(["x/a.safetensors", "runs/b/best.safetensors", "c"]) {
      try servedModel($1.id, version: $1.version)
    }
    #expect(registry.models.map(\.id) == ["a", "b", "c"])
  }

  @Test
  func `two models with the same id are an error`() throws {
    #expect(throws: CommandError.self) {
      try ModelRegistry(["x/a.safetensors", "y/a.safetensors"]) {
        try servedModel($1.id, version: $1.version)
      }
    }
  }

  @Test
  func `a model that cannot be loaded at the start is an error`() {
    #expect(throws: Damaged.self) { try ModelRegistry(["a"]) { _, _ in throw Damaged() } }
  }

  @Test
  func `only the only model may be left out`() throws {
    let one = try ModelRegistry(["a"]) { try servedModel($1.id, version: $1.version) }
    #expect(try one.model(nil).id == "a")
    let two = try ModelRegistry(["a", "b"]) { try servedModel($1.id, version: $1.version) }
    #expect(throws: APIError.self) { try two.model(nil) }
    #expect(try two.model("b").id == "b")
    #expect(throws: APIError.modelNotFound("c", available: ["a", "b"])) { try two.model("c") }
  }

  @Test
  func `a reload replaces the models, but not by one that is damaged`() throws {
    let isDamaged = Mutex(false)
    let registry = try ModelRegistry(["a", "b"]) { argument, identity in
      if argument == "b", isDamaged.withLock({ $0 }) { throw Damaged() }
      return try servedModel(identity.id, version: identity.version)
    }
    isDamaged.withLock { $0 = true }
    let old = registry.models
    #expect(registry.reload().map(\.id) == ["b"])
    #expect(registry.version == 1)
    let new = registry.models
    #expect(new[0] !== old[0] && new[0].identity == .init(id: "a", version: 1))
    #expect(new[1] === old[1])
    isDamaged.withLock { $0 = false }
    #expect(registry.reload().isEmpty)
    #expect(registry.models[1].identity == .init(id: "b", version: 2))
  }

  @Test
  func `requests of a replaced model run to their end, and new ones are refused`() async throws {
    let registry = try ModelRegistry(["a"]) { try servedModel($1.id, version: $1.version) }
    let old = try registry.model("a")
    let stream = try old.service.start([.init(prompt: [1], length: 2000)])
    #expect(registry.reload().isEmpty)
    #expect(throws: (any Error).self) { try old.service.start([.init(prompt: [1], length: 1)]) }
    #expect(await stream.collect()?.first?.generatedTokenCount == 2000)
  }

  @Test
  func `the deadline of a shutdown interrupts replaced models, too`() async throws {
    let registry = try ModelRegistry(["a"]) { try servedModel($1.id, version: $1.version) }
    let old = try registry.model("a")
    let stream = try old.service.start([.init(prompt: [1], length: 1_000_000_000)])
    _ = registry.reload()
    registry.interrupt()
    #expect(await stream.collect()?.first?.ending == .interrupted)
    withExtendedLifetime(old) {}
  }
}
#endif
