#if Server
import GeulServer
import Testing

/// Tests of the command line of the server.
struct ServerCommandTests {
  @Test
  func `the command is named geul-server`() {
    #expect(ServerCommand.configuration.commandName == "geul-server")
  }
}
#endif
