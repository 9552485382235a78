/// A label that a model does not have: a sentence with the nearest one and the others.
public struct UnknownLabel: Error, CustomStringConvertible {
  private let name: String
  private let known: [String]

  /// Creates an error for a name, with the labels of the model.
  public init(_ name: String, _ known: [String]) {
    (self.name, self.known) = (name, known)
  }

  /// The sentence, without a line feed.
  public var description: String {
    let near = nearestNames(to: name, among: known, limit: max(1, name.count / 3)).first
    let others = known.prefix(20).joined(separator: ", ") + (known.count > 20 ? ", ..." : "")
    return "there is no label \"\(name)\"."
      + (near.map { " Did you mean \"\($0)\"?" } ?? "") + " The labels are \(others)."
  }
}
