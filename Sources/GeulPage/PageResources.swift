/// The text files of which pages consist.
package enum PageResources {
  private static let files = Dictionary(
    uniqueKeysWithValues: embeddedResources.map { ("\($0.path)", "\($0.text)") })

  /// The page with placeholders such as `{{title}}`.
  static var template: String { files["page.html"] ?? "" }

  /// The modules by their paths, such as `engine/network.js`.
  package static var modules: [String: String] { files.filter { $0.key.hasSuffix(".js") } }

  /// The style sheets of the page, in the order of their paths, without comments.
  static var style: String {
    files.filter { $0.key.hasSuffix(".css") }.sorted { $0.key < $1.key }.map(\.value).joined()
  }

  /// The part of the style that reports have, too: colors, type, tables, tinted text.
  package static var reportStyle: String {
    ["style/base.css", "style/text.css"].compactMap { files[$0] }.joined()
  }
}
