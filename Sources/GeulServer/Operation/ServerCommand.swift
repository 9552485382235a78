#if Server
package import ArgumentParser
import Geul
import GeulCommandSupport

/// `geul-server`: serves models over HTTP.
///
/// Exit codes: 0 after SIGTERM or SIGINT; 1 after an error; 2 after a usage error.
@main
package struct ServerCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "geul-server",
    abstract: "Serve models over HTTP, with the API of OpenAI.",
    usage: "geul-server <model> ... [<options>]",
    discussion: """
      geul-server checkpoints/english.safetensors checkpoints/korean.safetensors
      curl http://127.0.0.1:8080/v1/completions --json '{"model": "english"}'

      A browser shows the models at http://127.0.0.1:8080. SIGHUP loads the models anew; SIGTERM ends the server \
      when the running requests have ended. docs/server.md describes the API; /openapi.json is its OpenAPI document.
      """,
    version: programVersion)

  @OptionGroup var options: ServerOptions

  package init() {}

  package static func main() async {
    Output.openClosedStreams()
    Output.ignoreSignals()
    ProcessUsage.configureAllocator()
    do {
      var command = try parseAsRoot(FileSystem.arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      exit(with: error, program: "geul-server", help: "geul-server --help")
    }
  }

  package func run() async throws {
    try await ServerProcess(options).run()
  }
}
#endif
