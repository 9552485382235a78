/// JavaScript modules joined to one script, because browsers do not load the modules of a page that is opened from a file.
///
/// The modules follow one another in the order of their imports, without `import` statements, the word `export` and
/// comments. They must use a subset of the language: imports of names, without renaming; exports of declarations; no two
/// modules with the same name at top level.
struct ScriptBundle {
  /// The script.
  private(set) var text = ""
  private var bundled: Set<String> = []
  private let modules: [String: String]

  /// Joins a module, such as `main.js`, and all modules that it imports.
  ///
  /// - Parameters:
  ///   - main: The path of the module.
  ///   - modules: The texts of all modules by their paths.
  /// - Throws: `EmbeddingError` if a module is missing, or an import statement has another form.
  init(_ main: String, modules: [String: String]) throws {
    self.modules = modules
    try add(main)
  }

  private mutating func add(_ path: String) throws {
    guard bundled.insert(path).inserted else { return }
    guard let module = modules[path] else {
      throw EmbeddingError(description: "there is no module \(path)")
    }
    var lines = module.split(separator: "\n")[...]
    while let line = lines.first, !Self.isCode(line) {
      var statement = String(lines.removeFirst())
      guard statement.hasPrefix("import ") else { continue }
      while !statement.hasSuffix(";"), let next = lines.popFirst() { statement += next }
      try add(Self.path(of: statement, importedBy: path))
    }
    text += Self.withoutComments(lines).map { "\($0)\n" }.joined()
  }

  /// Indicates whether a line is neither an import nor a comment; imports precede all code.
  private static func isCode(_ line: Substring) -> Bool {
    !["import ", "//", "/*", " *"].contains { line.hasPrefix($0) }
  }

  /// Returns the path of the module that an import statement names, relative to the folder of all modules.
  private static func path(of statement: String, importedBy importer: String) throws -> String {
    let quoted = statement.split(separator: "\"")
    guard quoted.count == 3 else {
      throw EmbeddingError(description: "\(importer): cannot read \(statement)")
    }
    var components = importer.split(separator: "/").dropLast()
    for component in quoted[1].split(separator: "/") where component != "." {
      if component == ".." { _ = components.popLast() } else { components.append(component) }
    }
    return components.joined(separator: "/")
  }

  /// Returns the lines of code without indentation and the word `export`.
  private static func withoutComments(_ lines: ArraySlice<Substring>) -> [Substring] {
    var code: [Substring] = []
    var isComment = false
    for line in lines {
      var line = line.drop { $0 == " " }
      if line.hasPrefix("/*") { isComment = true }
      if isComment {
        isComment = !line.hasSuffix("*/")
        continue
      }
      guard !line.hasPrefix("//") else { continue }
      if line.hasPrefix("export ") { line = line.dropFirst("export ".count) }
      code.append(line)
    }
    return code
  }
}

/// An error in the sources of the page, or of the program that compresses it.
struct EmbeddingError: Error, CustomStringConvertible {
  let description: String
}
