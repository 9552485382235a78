/// The newest intact version of a file, and the error of a newer version that was not intact.
public struct NewestIntact<Value, Problem: Error> {
  /// The value read from the file.
  public let value: Value
  /// The path of the file that was read.
  public let path: String
  /// The reason why the newest file could not be used; nil if it was.
  public let problem: Problem?

  /// A one-line message for the user; nil if the newest file was used.
  public var notice: String? {
    problem.map { "\($0) The previous file, \(path), is used instead." }
  }
}

extension NewestIntact: Sendable where Value: Sendable {}

extension AtomicFile {
  /// Reads the file, or the previous one if this one is missing or damaged.
  ///
  /// - Parameter parse: Reads the file at a path, and throws if it is missing or damaged.
  /// - Returns: The value, the file it was read from, and the reason if that is the previous file.
  /// - Throws: The error for the newest file, if the previous one cannot be read either.
  public func newestIntact<Value, Problem: Error>(
    _ parse: (_ path: String) throws(Problem) -> Value
  ) throws(Problem) -> NewestIntact<Value, Problem> {
    do {
      return NewestIntact(value: try parse(path), path: path, problem: nil)
    } catch let newest {
      do {
        let value = try parse(previousPath)
        return NewestIntact(value: value, path: previousPath, problem: newest)
      } catch {
        throw newest
      }
    }
  }
}
