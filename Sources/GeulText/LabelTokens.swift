/// The tokens of labels, such as authors, on which the text of a model depends.
///
/// These are the control codes of "CTRL" (Keskar, McCann, Varshney, Xiong and Socher 2019), with one difference. A label has
/// a token that stands for a line feed with a line of that label after it. In a labeled text, the network reads it in place of
/// the line feed, and predicts the line feed itself. So each line repeats the label, and no token is added.
///
/// In a vocabulary the token is U+0000, which no text contains, and the name of the label.
public struct LabelTokens: Sendable, Equatable {
  /// The names of the labels, in the order of their ids.
  public let names: [String]
  /// The id of the first label's token; the others follow.
  let firstID: Int
  /// The id of the line feed.
  public let lineFeedID: Int

  /// The maximum number of labels.
  public static let maximumCount = 1000
  static let prefix = "\u{0}"

  /// Finds the labels of a vocabulary; nil if it has none.
  init?(tokens: [String], lineFeedID: Int?) {
    let isLabel = tokens.map { $0.unicodeScalars.first == "\u{0}" && $0.unicodeScalars.count > 1 }
    guard let lineFeedID, let first = isLabel.firstIndex(of: true),
      let last = isLabel.lastIndex(of: true), isLabel[first...last].allSatisfy(\.self)
    else { return nil }
    names = tokens[first...last].map { String($0.unicodeScalars.dropFirst()) }
    firstID = first
    self.lineFeedID = lineFeedID
  }

  /// The ids of the tokens.
  public var ids: Range<Int> { firstID..<firstID + names.count }

  /// Returns the id of a label's token; nil if there is no such label.
  public func id(of name: String) -> Int? { names.firstIndex(of: name).map { firstID + $0 } }

  /// Returns the token that is predicted where a token of a text follows: the line feed for that of a label.
  public func target(_ id: Int32) -> Int32 { ids.contains(Int(id)) ? Int32(lineFeedID) : id }
}
