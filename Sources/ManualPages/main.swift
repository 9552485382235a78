import Foundation

// Writes the manual pages of a program that parses its options with ArgumentParser, one for each command:
//
//     ManualPages PROGRAM DIRECTORY
//
// The pages are made from what the program says about itself: `--experimental-dump-help`, `--help` and `--version`.
// ArgumentParser's own plugin, generate-manual, joins the lines of examples and omits default values. It builds all
// products of the package as well.

do {
  guard CommandLine.arguments.count == 3 else {
    throw ManualError(description: "usage: ManualPages PROGRAM DIRECTORY")
  }
  let program = Program(path: CommandLine.arguments[1])
  let folder = URL(filePath: CommandLine.arguments[2])
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  let root = try program.root
  let version = try program.version
  for command in root.all {
    let page = ManualPage(
      command, of: root, synopsis: try program.usage(of: command), version: version)
    try page.text.write(
      to: folder.appending(path: "\(command.pageName).1"), atomically: true, encoding: .utf8)
  }
} catch {
  FileHandle.standardError.write(Data("ManualPages: \(error)\n".utf8))
  exit(1)
}
