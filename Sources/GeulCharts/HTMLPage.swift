public import GeulPage

/// A self-contained HTML page: no external resources, light and dark color schemes, and text
/// alternatives for drawings.
public struct HTMLPage {
  /// The title and first heading.
  public let title: String
  /// The language of the text.
  public let language: Language
  private var sections: [String] = []
  /// The number of rows above which a table is collapsed.
  private static let collapsedRowCount = 100

  /// Creates an empty page.
  public init(title: String, language: Language = .english) {
    self.title = title
    self.language = language
  }

  /// Appends a heading.
  public mutating func addHeading(_ text: String) {
    sections.append("<h2>\(htmlEscaped(text))</h2>")
  }

  /// Appends a paragraph.
  public mutating func addParagraph(_ text: String) {
    sections.append("<p>\(htmlEscaped(text))</p>")
  }

  /// Appends a block quotation that preserves white space, for example generated text.
  public mutating func addQuotation(_ text: String) {
    sections.append("<blockquote\(languageAttribute(of: text))>\(htmlEscaped(text))</blockquote>")
  }

  /// Appends a table; an empty `header` adds no header row.
  public mutating func addTable(_ rows: [[String]], header: [String] = []) {
    var lines = rows.map { row in
      "<tr>" + row.map { "<td>\(htmlEscaped($0))</td>" }.joined() + "</tr>"
    }
    if !header.isEmpty {
      lines.insert(
        "<tr>" + header.map { "<th>\(htmlEscaped($0))</th>" }.joined() + "</tr>", at: 0)
    }
    let table = "<div class=\"wide\"><table>\(lines.joined())</table></div>"
    sections.append(
      rows.count > Self.collapsedRowCount
        ? "<details><summary>\(language("\(rows.count) rows", "\(rows.count)행"))</summary>\(table)</details>"
        : table)
  }

  /// Appends a figure.
  public mutating func addFigure(_ figure: some Figure) {
    sections.append(figure.html(in: language))
  }

  /// The page as HTML.
  public var html: String {
    """
    <!doctype html>
    <html lang="\(language.rawValue)"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(htmlEscaped(title))</title>
    <style>\(Self.style)</style></head>
    <body><main><h1>\(htmlEscaped(title))</h1>
    \(sections.joined(separator: "\n"))
    </main></body></html>

    """
  }

  /// The style of `geul page`, and rules for charts.
  private static let style =
    reportStyle + """
      main{max-width:960px;margin:0 auto;padding:1.5rem}
      svg text{font:11px var(--sans);fill:var(--text)}
      svg .grid{stroke:var(--border)}
      .legend>span{margin-right:1em;display:inline-block}
      .scale{white-space:nowrap}.scale span{display:inline-block;width:.8em;height:.8em}
      """
}
