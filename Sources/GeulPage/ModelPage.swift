internal import GeulCompute
public import GeulModel
internal import GeulStorage
internal import PortableFoundation

/// A self-contained HTML page that runs models in the browser: they write, and show what they compute.
///
/// ```swift
/// var page = ModelPage()
/// page.add(model, name: "english")
/// try page.html.write(toFile: "english.html", atomically: true, encoding: .utf8)
/// ```
///
/// The page loads nothing from the network. Its sources are the files in the folder Resources.
public struct ModelPage: Sendable {
  /// The title; nil for a default title in the language of the page.
  public var title: String?
  /// The text that the page begins with; nil for a default text in the language of the first model.
  public var text: String?
  /// The language; nil for the language of the reader's browser.
  public var language: Language?
  private var models: [(name: String, base64: String)] = []

  /// The storage format of weight matrices in a page.
  public enum WeightFormat: String, Sendable, CaseIterable {
    case float32
    case int8

    /// The default format: int8 if the parameters take more than 1 MB in float32.
    public static func automatic(for model: Model) -> WeightFormat {
      4 * model.network.layout.parameterCount > 1_000_000 ? .int8 : .float32
    }
  }

  /// Creates a page without models.
  public init(title: String? = nil, text: String? = nil, language: Language? = nil) {
    (self.title, self.text, self.language) = (title, text, language)
  }

  /// Adds a model; the page shows the first one when it is opened.
  ///
  /// The page has the model without its list and its labels.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - name: The name by which readers choose it.
  ///   - format: The storage format; nil for the default.
  /// - Returns: The size of the model in the page in bytes, before the encoding as base64.
  @discardableResult
  public mutating func add(_ model: Model, name: String, format: WeightFormat? = nil) -> Int {
    let model = model.withoutListAndLabels
    let file =
      switch format ?? .automatic(for: model) {
      case .float32: model.safetensors
      case .int8: QuantizedModel(model).safetensors
      }
    // The tensors are in memory, so writing them cannot fail.
    let bytes = (try? file.serialized()) ?? []
    models.append((name, Data(bytes).base64EncodedString()))
    return bytes.count
  }

  private struct Settings: Encodable {
    let title, text: String?
    let language: Language?
  }

  /// The page as HTML.
  public var html: String {
    let scripts = models.map { name, base64 in
      "<script type=\"text/plain\" class=\"model\" data-name=\"\(Self.escaped(name))\">\(base64)</script>"
    }
    let settings = Model.json(Settings(title: title, text: text, language: language))
    let values = [
      "title": Self.escaped(title ?? "Geul"),
      // A script element ends at the first "</script", also inside a string.
      "settings": settings.replacing("<", with: "\\u003C"),
      "models": scripts.joined(separator: "\n"),
    ]
    // Each part follows a placeholder's name and its closing braces, so replaced text is not searched again.
    var parts = "\(embeddedPage)".split(separator: "{{", omittingEmptySubsequences: false)
    var html = String(parts.removeFirst())
    for part in parts {
      guard let end = part.firstRange(of: "}}"), let value = values[String(part[..<end.lowerBound])]
      else { preconditionFailure("page.html has an unknown placeholder: \(part.prefix(20))") }
      html += value + part[end.upperBound...]
    }
    return html
  }

  /// Returns a text with the special characters of HTML escaped.
  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
  }
}
