internal import Foundation

/// Creation of folders.
package enum Folder {
  /// Creates a folder and those above it that are missing.
  ///
  /// - Throws: `FileError` if one cannot be created.
  package static func create(_ path: String) throws(FileError) {
    guard !path.isEmpty else { return }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      let code = cause?.domain == NSPOSIXErrorDomain ? Int32(cause?.code ?? 0) : EIO
      throw FileError(path: path, action: .create, reason: .system(code))
    }
  }

  /// The folder of a file, empty for one of the current folder.
  package static func containing(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}
