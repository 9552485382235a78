/// Spells graphemes out in jamo: a syllable becomes its jamo, what else stands in its grapheme a
/// unit of its own.
///
/// Composing must give the text back, so a grapheme in which jamo stand next to each other that
/// would compose is kept whole; in composed text there is none. Decomposed text (`nfd`) is never
/// composed again, so there all are spelled out.
struct JamoDecomposer {
  private let composes: Bool

  init(_ form: NormalForm) { composes = form != .nfd }

  /// Adds the units that the graphemes of `batch` are spelled with to `out`.
  func spell(_ batch: TokenBatch, into out: inout TokenBatch) {
    var at = 0
    for code in batch.codes {
      if Hangul.syllables.contains(code) {
        spell(syllable: code, into: &out)
      } else if code & TokenBatch.clusterBit == 0 {
        out.codes.append(code)
      } else {
        let end = at + Int(code & ~TokenBatch.clusterBit)
        let text = String(decoding: batch.clusters[at..<end], as: UTF8.self)
        spell(cluster: Array(text.unicodeScalars), into: &out)
        at = end
      }
    }
  }

  private func spell(syllable: UInt32, into out: inout TokenBatch) {
    let jamo = Hangul.jamo(of: syllable)
    out.codes.append(jamo.lead)
    out.codes.append(jamo.vowel)
    if let trail = jamo.trail { out.codes.append(trail) }
  }

  private func spell(cluster: [Unicode.Scalar], into out: inout TokenBatch) {
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
      if isSyllable { spell(syllable: scalar.value, into: &out) } else { out.append([scalar]) }
    }
    if !other.isEmpty { out.append(other) }
  }
}
