internal import GeulCompute

extension ParameterStorage {
  /// Copies rows and units of a tensor of another storage to the first rows and units of a tensor with as many gates.
  ///
  /// - Parameters:
  ///   - source: The tensor to copy from.
  ///   - other: The storage of `source`.
  ///   - target: The tensor to copy to.
  ///   - depths: The rows to copy; nil for all.
  ///   - units: The units to copy; nil for all.
  mutating func copy(
    _ source: ParameterSlot, of other: ParameterStorage, to target: ParameterSlot,
    depths: [Int]? = nil, units: [Int]? = nil
  ) {
    let (depths, units) = (depths ?? Array(0..<source.depth), units ?? Array(0..<source.units))
    for (depth, sourceDepth) in depths.enumerated() {
      for gate in 0..<source.gates {
        for (unit, sourceUnit) in units.enumerated() {
          self[target, depth, gate, unit] = other[source, sourceDepth, gate, sourceUnit]
        }
      }
    }
  }
}
