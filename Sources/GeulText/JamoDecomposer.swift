/// Decomposes graphemes into jamo: a Hangul syllable becomes its jamo, and the rest of its grapheme
/// one token.
///
/// Decoding composes jamo again and must restore the text. A grapheme with adjacent jamo that would
/// compose is therefore kept as one token; composed text contains none. Text in NFD is never
/// composed again, so all of its graphemes are decomposed.
struct JamoDecomposer {
  private let composes: Bool

  init(_ form: NormalForm) { composes = form != .nfd }

  /// Appends the tokens of the graphemes in `batch` to `out`.
  func decompose(_ batch: TokenBatch, into out: inout TokenBatch) {
    var position = 0
    for code in batch.codes {
      if Hangul.syllables.contains(code) {
        decompose(syllable: code, into: &out)
      } else if code & TokenBatch.clusterBit == 0 {
        out.codes.append(code)
      } else {
        let end = position + Int(code & ~TokenBatch.clusterBit)
        let text = String(decoding: batch.clusters[position..<end], as: UTF8.self)
        decompose(cluster: Array(text.unicodeScalars), into: &out)
        position = end
      }
    }
  }

  private func decompose(syllable: UInt32, into out: inout TokenBatch) {
    let jamo = Hangul.jamo(of: syllable)
    out.codes.append(jamo.lead)
    out.codes.append(jamo.vowel)
    if let trail = jamo.trail { out.codes.append(trail) }
  }

  private func decompose(cluster: [Unicode.Scalar], into out: inout TokenBatch) {
    let wouldCompose = zip(cluster, cluster.dropFirst()).contains {
      Hangul.syllable($0.value, $1.value) != nil
    }
    if composes && wouldCompose {
      out.append(cluster)
      return
    }
    var other: [Unicode.Scalar] = []
    for scalar in cluster {
      let isSyllable = Hangul.syllables.contains(scalar.value)
      guard isSyllable || Hangul.isJamo(scalar.value) else {
        other.append(scalar)
        continue
      }
      if !other.isEmpty { out.append(other) }
      other = []
      if isSyllable { decompose(syllable: scalar.value, into: &out) } else { out.append([scalar]) }
    }
    if !other.isEmpty { out.append(other) }
  }
}
