/// Returns the candidates with the smallest edit distance to a name; an empty array if that distance exceeds `limit`.
///
/// The edit distance is the number of insertions, deletions, substitutions and swaps of neighboring letters that turn one
/// name into the other (optimal string alignment distance).
package func nearestNames(to name: String, among candidates: [String], limit: Int) -> [String] {
  let letters = Array(name)
  let distances = candidates.map { editDistance(letters, Array($0)) }
  guard let least = distances.min(), least <= limit else { return [] }
  return zip(candidates, distances).filter { $1 == least }.map { $0.0 }
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var rows = [Array(0...b.count)]
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var least = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        least = min(least, rows[i - 1][j - 1] + 1)
      }
      row.append(least)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}
