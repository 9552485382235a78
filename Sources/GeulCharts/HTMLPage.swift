/// One self-contained HTML file: no network, light and dark, readable without seeing it.
public struct Page {
  /// What stands above it all.
  public let title: String
  /// The language of its words, as HTML has it.
  public let language: String
  private var parts: [String] = []
  /// A table of more rows is folded.
  private static let long = 100

  /// An empty page.
  public init(title: String, language: String = "en") {
    self.title = title
    self.language = language
  }

  /// Adds a heading.
  public mutating func heading(_ text: String) { parts.append("<h2>\(escaped(text))</h2>") }

  /// Adds a paragraph.
  public mutating func paragraph(_ text: String) { parts.append("<p>\(escaped(text))</p>") }

  /// Adds a text that stands as it is, such as what a model wrote.
  public mutating func quotation(_ text: String) {
    parts.append("<blockquote\(languageMark(of: text))>\(escaped(text))</blockquote>")
  }

  /// Adds a table, under headings if there are any.
  public mutating func table(_ rows: [[String]], under headings: [String] = []) {
    var lines = rows.map { row in
      "<tr>" + row.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>"
    }
    if !headings.isEmpty {
      lines.insert(
        "<tr>" + headings.map { "<th>\(escaped($0))</th>" }.joined() + "</tr>", at: 0)
    }
    let table = "<div class=\"wide\"><table>\(lines.joined())</table></div>"
    parts.append(
      rows.count > Self.long
        ? "<details><summary>\(rows.count) rows</summary>\(table)</details>" : table)
  }

  /// Adds a picture.
  public mutating func picture(_ picture: some Picture) { parts.append(picture.html) }

  /// The file.
  public var text: String {
    """
    <!doctype html>
    <html lang="\(language)"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escaped(title))</title>
    <style>\(Self.style)</style></head>
    <body><main><h1>\(escaped(title))</h1>
    \(parts.joined(separator: "\n"))
    </main></body></html>

    """
  }

  private static let style = """
    :root{color-scheme:light dark;--ink:#1c1c1c;--paper:#fdfdfb;--faint:#8884;--mark:240,110,10}
    @media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--paper:#181a1b;--mark:200,95,10}}
    body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,"Noto Sans KR","Noto Sans CJK KR",sans-serif}
    main{max-width:960px;margin:0 auto;padding:1.5rem}
    h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}
    figure{margin:1.2rem 0}figcaption{margin-bottom:.3rem}
    .wide{overflow-x:auto}
    svg text{font:11px system-ui,"Noto Sans KR","Noto Sans CJK KR",sans-serif;fill:var(--ink)}
    svg .grid{stroke:var(--faint)}
    .marked{font:17px/2 ui-monospace,"Noto Sans Mono","Noto Sans Mono CJK KR",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
    .marked span{background:rgba(var(--mark),var(--w,0));border-radius:2px}
    .legend{font-size:.9rem}.legend>span{margin-right:1em;display:inline-block}
    .scale{white-space:nowrap}.scale span{display:inline-block;width:.8em;height:.8em}
    blockquote{margin:.6rem 0;padding:.2rem 1rem;border-left:3px solid var(--faint);white-space:pre-wrap;overflow-wrap:anywhere}
    table{border-collapse:collapse}td,th{padding:.15rem .8rem .15rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--faint)}
    """
}

/// An attribute for a text in Korean, so that it is set and read aloud as such; nothing for others.
func languageMark(of text: String) -> String {
  text.unicodeScalars.contains { 0xAC00...0xD7A3 ~= $0.value || 0x1100...0x11FF ~= $0.value }
    ? " lang=\"ko\"" : ""
}
