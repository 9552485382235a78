/// A rule that gives each line of a text a label.
public struct LabelRule: Sendable, Codable, Equatable {
  /// The origin of the labels.
  public enum Origin: Sendable, Codable, Equatable {
    /// The name of the file, without folders and extension.
    case file
    /// The beginning of each line, up to a tab.
    case line
    /// One label for all lines.
    case fixed(String)
  }

  /// The origin of the labels.
  public var origin: Origin
  /// The fraction of each label's lines, its last ones, that are moved to the end of the text, where they are held out for
  /// validation.
  public var heldOut: Double

  /// Creates a rule.
  public init(_ origin: Origin, heldOut: Double = 0) {
    (self.origin, self.heldOut) = (origin, heldOut)
  }
}
