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

  private static let style = """
    :root{color-scheme:light dark;--text:#1c1c1c;--background:#fdfdfb;--border:#8884;--highlight:240,110,10}
    @media(prefers-color-scheme:dark){:root{--text:#e8e6e1;--background:#181a1b;--highlight:200,95,10}}
    body{margin:0;background:var(--background);color:var(--text);font:16px/1.6 system-ui,"Noto Sans KR","Noto Sans CJK KR",sans-serif}
    main{max-width:960px;margin:0 auto;padding:1.5rem}
    h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}
    figure{margin:1.2rem 0}figcaption{margin-bottom:.3rem}
    .wide{overflow-x:auto}
    svg text{font:11px system-ui,"Noto Sans KR","Noto Sans CJK KR",sans-serif;fill:var(--text)}
    svg .grid{stroke:var(--border)}
    .highlighted{font:17px/2 ui-monospace,"Noto Sans Mono","Noto Sans Mono CJK KR",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
    .highlighted span{background:rgba(var(--highlight),var(--w,0));border-radius:2px}
    .legend{font-size:.9rem}.legend>span{margin-right:1em;display:inline-block}
    .scale{white-space:nowrap}.scale span{display:inline-block;width:.8em;height:.8em}
    blockquote{margin:.6rem 0;padding:.2rem 1rem;border-left:3px solid var(--border);white-space:pre-wrap;overflow-wrap:anywhere}
    table{border-collapse:collapse}td,th{padding:.15rem .8rem .15rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--border)}
    """
}
