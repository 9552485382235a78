/// Returns a line chart of one row, such as `█▆▄▃▂▁▁`, of at most `width` columns.
///
/// With more values than columns, each column shows the mean of its part of them. The lowest mean is the lowest block. A tenth
/// of the means are the highest block: a loss is far higher at the start of training than later. Values that are not finite
/// are left out.
public func sparkline(_ values: [Double], width: Int) -> String {
  let finite = values.filter(\.isFinite)
  let columns = min(finite.count, max(0, width))
  let means = (0..<columns).map { column in
    let part = finite[finite.count * column / columns..<finite.count * (column + 1) / columns]
    return part.reduce(0, +) / Double(part.count)
  }
  guard let low = means.min() else { return "" }
  let high = means.sorted()[means.count * 9 / 10]
  let blocks = Array("▁▂▃▄▅▆▇█")
  let scale = high > low ? Double(blocks.count - 1) / (high - low) : 0
  return String(means.map { blocks[Int(((min($0, high) - low) * scale).rounded())] })
}

/// Returns a bar of `width` columns of which a fraction is filled, such as `████░░░░`.
public func progressBar(_ fraction: Double, width: Int) -> String {
  let columns = max(0, width)
  let filled = Int((min(1, max(0, fraction)) * Double(columns)).rounded(.down))
  return String(repeating: "█", count: filled) + String(repeating: "░", count: columns - filled)
}
