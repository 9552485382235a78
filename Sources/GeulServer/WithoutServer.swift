#if !Server
import Foundation
import Geul

/// The program `geul-server` in a build without the trait `Server`.
@main
enum WithoutServer {
  static func main() {
    let message =
      "geul-server: this program was built without the server. Build it with: swift build -c release"
      + " --traits Server --scratch-path .build-server --product geul-server\n"
    try? FileDescriptor.standardError.write(Array(message.utf8).span.raw)
    exit(1)
  }
}
#endif
