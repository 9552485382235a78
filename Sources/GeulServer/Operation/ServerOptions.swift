#if Server
public import ArgumentParser
import Geul
import GeulCommandSupport
public import Logging

/// The options of the server.
struct ServerOptions: ParsableArguments {
  @Argument(
    help: "Model files, run directories (their best models), or names of installed models.",
    completion: .model)
  var models: [String]
  @Option(help: ArgumentHelp("Address to listen at.", valueName: "address"))
  var host = "127.0.0.1"
  @Option(help: ArgumentHelp("Port to listen at; 0 lets the system choose.", valueName: "n"))
  var port = 8080
  @Option(
    help: ArgumentHelp(
      "File with the API keys, one a line (default: the key in GEUL_API_KEY, if it is set).",
      valueName: "file"), completion: .file())
  var apiKeyFile: String?
  @Option(
    help: ArgumentHelp("Number of texts of a model that are generated at once.", valueName: "n"))
  var parallel = 64
  @OptionGroup var machine: MachineOptions
  @Option(help: "Arithmetic of matrix products; int8 is the fastest.")
  var precision = Precision.float32
  @Option(
    help: ArgumentHelp(
      "Allow pages of this origin to use the API, or all with *; may be repeated.",
      valueName: "origin"))
  var allowOrigin: [String] = []
  @Option(help: "Form in which a model gets the messages of a chat.")
  var chatTemplate = ChatTemplate.text
  @Option(help: ArgumentHelp("Maximum number of tokens to generate for a text.", valueName: "n"))
  var maxTokens = 65536
  @Option(help: ArgumentHelp("Maximum number of tokens of a prompt.", valueName: "n"))
  var maxPrompt = 100_000
  @Option(help: ArgumentHelp("Maximum size of a request in bytes.", valueName: "size"))
  var maxBody = ByteSize(bytes: 1 << 20)
  @Option(
    help: ArgumentHelp(
      "Number of texts of a model that may wait in addition to --parallel.", valueName: "n"))
  var maxQueue = 256
  @Option(help: ArgumentHelp("Maximum number of sessions.", valueName: "n"))
  var maxSessions = 10_000
  @Option(
    help: ArgumentHelp(
      "Seconds without use after which a session ends; 0 for never.", valueName: "seconds"))
  var sessionTimeout = 3600.0
  @Option(
    help: ArgumentHelp(
      "Maximum number of connections; lowered to what ulimit -n allows.", valueName: "n"))
  var maxConnections = 4096
  @Option(
    help: ArgumentHelp("Memory for the states of earlier prompts of a model.", valueName: "size"))
  var cacheSize = ByteSize(bytes: 256 << 20)
  @OptionGroup var ngramOptions: NGramOptions
  @Option(help: ArgumentHelp("Seconds that a request may take.", valueName: "seconds"))
  var timeout = 600.0
  @Option(
    help: ArgumentHelp(
      "Seconds after which a client is dropped that sends or takes nothing.",
      valueName: "seconds"))
  var idleTimeout = 60.0
  @Option(
    help: ArgumentHelp(
      "Seconds that running requests have to end after SIGTERM.", valueName: "seconds"))
  var shutdownTimeout = 30.0
  @Option(help: ArgumentHelp("Lowest level of messages in the log.", valueName: "level"))
  var logLevel = Logger.Level.info
  @Flag(help: "Write prompts to the log.")
  var logPrompts = false

  func validate() throws {
    guard !models.isEmpty else { throw ValidationError("Give at least one model.") }
    try check("--port", port, in: 0...65535)
    try check("--parallel", parallel, in: 1...65536)
    try check("--max-tokens", maxTokens, in: 1...1_000_000_000)
    try check("--max-prompt", maxPrompt, in: 1...1_000_000_000)
    try check("--max-body", maxBody.bytes, in: 1024...1 << 30)
    try check("--max-queue", maxQueue, in: 0...1_000_000)
    try check("--max-sessions", maxSessions, in: 0...100_000_000)
    try check("--max-connections", maxConnections, in: 1...1_000_000)
    try check("--session-timeout", sessionTimeout, in: 0...1e9)
    try check("--timeout", timeout, in: 0.1...1e6)
    try check("--idle-timeout", idleTimeout, in: 0.1...1e6)
    try check("--shutdown-timeout", shutdownTimeout, in: 0...1e6)
  }

  /// The limits of the API.
  var limits: APILimits {
    APILimits(maxTokens: maxTokens, maxPrompt: maxPrompt, maxBody: maxBody.bytes)
  }
}

extension ChatTemplate: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}

#endif
