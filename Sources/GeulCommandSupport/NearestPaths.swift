import Geul

/// Returns a question that names at most three existing paths nearest to one that does not exist.
///
/// - Parameters:
///   - path: The path that does not exist.
///   - names: Other names that may have been meant.
///   - isPossible: Returns true for an existing path that may have been meant, such as that of a model.
/// - Returns: The question after a space; an empty string if no path is near.
package func didYouMean(
  _ path: String, or names: [String] = [], among isPossible: (String) -> Bool = { _ in true }
) -> String {
  var near = nearestPaths(to: path, isPossible)
  if near.isEmpty { near = nearest(to: path, among: names) }
  return near.isEmpty ? "" : " Did you mean \(near.prefix(3).joined(separator: " or "))?"
}

/// Returns the existing paths whose components are nearest to those of a path.
///
/// A component is corrected only where it does not exist.
private func nearestPaths(to path: String, _ isPossible: (String) -> Bool) -> [String] {
  let (folder, name) = (FileSystem.folder(of: path), FileSystem.name(of: path))
  guard !name.isEmpty else { return [] }
  if folder.isEmpty || FileSystem.isFolder(folder) {
    let prefix = folder.isEmpty || folder.hasSuffix("/") ? folder : folder + "/"
    let names = (try? FileSystem.names(in: folder.isEmpty ? "." : folder)) ?? []
    let visible = names.filter {
      (name.hasPrefix(".") || !$0.hasPrefix(".")) && isPossible(prefix + $0)
    }
    return nearest(to: name, among: visible).map { prefix + $0 }
  }
  return nearestPaths(to: folder, FileSystem.isFolder).prefix(3).flatMap { other in
    let exact = "\(other)/\(name)"
    return FileSystem.exists(exact) && isPossible(exact)
      ? [exact] : nearestPaths(to: exact, isPossible)
  }
}

/// Returns the names at the smallest edit distance to a name, of at most a third of its length, or else those whose stems,
/// without the extension, are nearest to its stem; in ascending order.
private func nearest(to name: String, among names: [String]) -> [String] {
  let near = nearest(to: name, among: names) { $0 }
  return near.isEmpty
    ? nearest(to: FileSystem.stem(of: name), among: names, by: FileSystem.stem) : near
}

private func nearest(
  to name: String, among names: [String], by key: (String) -> String
) -> [String] {
  let limit = max(1, name.count / 3)
  // Directories may have many names, and most have another length.
  let candidates = names.filter { abs(key($0).count - name.count) <= limit }
  let near = nearestNames(to: name, among: candidates.map(key), limit: limit)
  return candidates.filter { near.contains(key($0)) }.sorted()
}
