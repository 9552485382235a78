#if Server
package import ArgumentParser
import Geul
import GeulCommandSupport
import Hummingbird

/// The command line of the server.
@main
package struct ServerCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "geul-server", abstract: "Serve models over HTTP, with OpenAI's API.",
    version: "0.2.0")

  package init() {}
}
#endif
