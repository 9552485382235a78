#if Server
import Foundation
import Geul
import Synchronization

/// The page that `GET /` returns, made when it is first asked for and after each reload.
final class PageCache: Sendable {
  /// A page with its entity tag.
  struct Page: Sendable {
    let html: [UInt8]
    let tag: String
  }

  private let cached = Mutex<(version: Int, page: Page)?>(nil)

  /// Returns the page of the present models.
  func page(of registry: ModelRegistry, _ queue: WorkQueue) async throws -> Page {
    if let page = page(registry.version) { return page }
    return try await queue.run { [self] in
      // Another request may have made it while this one waited.
      let (version, models) = (registry.version, registry.models)
      if let page = page(version) { return page }
      var page = ModelPage()
      for model in models { page.add(model.model, name: model.id) }
      let html = Array(page.html.utf8)
      let made = Page(html: html, tag: "\"\(Self.hash(html))\"")
      cached.withLock { $0 = (version, made) }
      return made
    }
  }

  private func page(_ version: Int) -> Page? {
    cached.withLock { $0?.version == version ? $0?.page : nil }
  }

  private static func hash(_ bytes: [UInt8]) -> String {
    var hash = XXH64()
    hash.update(bytes.span.raw)
    return String(hash.finish(), radix: 16)
  }
}
#endif
