/// The newest file that could be read, and what was wrong with a newer one.
public struct NewestIntact<Value, Problem: Error> {
  /// What the file held.
  public let value: Value
  /// The file that was read.
  public let path: String
  /// Why the newest file could not be used; nil if it was.
  public let problem: Problem?

  /// What to tell a person, in one line; nil if the newest file was used.
  public var notice: String? {
    problem.map { "\($0) The one saved before it, \(path), is used instead." }
  }
}

extension NewestIntact: Sendable where Value: Sendable {}

extension AtomicFile {
  /// Reads the file, or the previous one if this one is missing or damaged.
  ///
  /// - Parameter parse: Reads the file at a path, and throws if it is missing or not whole.
  /// - Returns: What was read, from which of the two, and why.
  /// - Throws: What was wrong with the newest file, if the previous one cannot be read either.
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
