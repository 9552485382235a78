package import Geul

/// Returns the path of an existing file or directory for a path on the command line.
///
/// That is the path itself. If nothing exists there, but one file differs from it in its Unicode
/// normalization alone, it is the path of that file, with a note.
package func existing(_ path: String) -> String {
  guard path != "-", !path.isEmpty, !FileSystem.exists(path),
    let equivalent = FileSystem.canonicalEquivalent(of: path)
  else { return path }
  Output.note("\(path): found under the same name in another Unicode normalization form.")
  return equivalent
}

/// Returns the path of a file or directory to create, with its existing components in the normalization of their names on
/// disk, so that no second directory of the same name is created.
package func creatable(_ path: String) -> String {
  path == "-" || path.isEmpty || FileSystem.exists(path) ? path : FileSystem.respelled(path)
}

/// Returns a source that can be read several times: the bytes of a pipe, a device or standard input are read into memory.
package func rereadable(_ argument: String) throws -> TextSource {
  guard argument != "-" else {
    return .bytes(try FileDescriptor.standardInput.readToEnd(), name: "standard input")
  }
  let path = existing(argument)
  guard !FileSystem.isRereadable(path) else { return .path(path) }
  return .bytes(try FileDescriptor(reading: path).readToEnd(), name: path)
}
