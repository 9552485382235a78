internal import CGeulKernels

extension ComputeContext {
  /// Computes the gradients of matrices, and adds them to `gradients`.
  ///
  /// The tiles depend on the number of threads, but the sums do not.
  ///
  /// - Parameters:
  ///   - matrices: The gradients to compute, with their fused reductions.
  ///   - gradients: The storage to add to.
  ///   - workspaces: One workspace for each thread.
  public func addGradients(
    _ matrices: [MatrixGradient], to gradients: inout ParameterStorage,
    workspaces: inout [GradientWorkspace]
  ) {
    let slots =
      matrices.flatMap { [$0.slot] + $0.biases.map(\.slot) }
      + matrices.compactMap(\.embedding?.slot)
    for slot in slots {
      require("gradients", gradients.values.count, atLeast: slot.range.upperBound)
    }
    var remaining = matrices.reduce(0) { $0 + $1.workAmount }
    let tiles = matrices.flatMap { $0.tiles(of: &remaining, threads: pool.count) }
    defer { withExtendedLifetime(matrices) {} }
    // The tiles are disjoint parts of the storage.
    let out = unsafe SendablePointer(base: gradients.values.mutablePointer())
    pool.forEach(tiles, with: &workspaces) { tile, workspace in
      unsafe kernels.add(tile, to: out.base, &workspace)
    }
  }
}

extension Kernels {
  fileprivate func add(
    _ tile: GradientTile, to storage: UnsafeMutablePointer<Float>,
    _ workspace: inout GradientWorkspace
  ) {
    let (slot, panels, subBatches) = (tile.matrix.slot, tile.panels, tile.matrix.subBatches)
    let precision = subBatches[0][0].gradients.gradientPrecision
    for index in subBatches.indices {
      sum(tile, ofSubBatch: index, training(precision), &workspace)
      workspace.addSubBatch(
        index, of: subBatches.count, first: tile.count + tile.biases.count * tile.columns, self)
    }
    var call = unsafe geul_weight_gradient(tile)
    unsafe call.sums = workspace.sums.mutablePointer()
    let out = unsafe storage + slot.offset + tile.depth.lowerBound * slot.stride + panels.first
    unsafe functions.add_panels(out, slot.stride, &call)
    unsafe (call.sums, call.depth) = (call.sums + tile.count, 1)
    for bias in tile.biases {
      unsafe functions.add_panels(storage + bias.slot.offset + panels.first, slot.stride, &call)
      unsafe call.sums += tile.columns
    }
    guard let embedding = tile.embedding else { return }
    let shards = unsafe embedding.shards.map { unsafe $0.kernelArgument(panels, from: 0) }
    unsafe embedding.occurrences.withKernelArgument { occurrences in
      unsafe training(precision).embedding_gradient(
        storage + embedding.slot.offset + panels.first, embedding.slot.stride, &call, shards,
        &occurrences)
    }
  }

  /// Sums one sub-batch in the workspace: the tile, then the biases.
  private func sum(
    _ tile: GradientTile, ofSubBatch index: Int, _ training: geul_training_kernels,
    _ workspace: inout GradientWorkspace
  ) {
    let contributions = tile.matrix.subBatches[index]
    let arguments = unsafe contributions.map {
      unsafe $0.kernelArgument(tile.panels, from: tile.depth.lowerBound)
    }
    let biases = unsafe tile.biases.map { bias in
      unsafe bias.subBatches[index].map { unsafe $0.kernelArgument(tile.panels, from: 0) }
    }
    workspace.sums.clear(first: tile.count + tile.biases.count * tile.columns)
    let length = contributions[0].length
    var call = unsafe geul_weight_gradient(tile)
    unsafe (call.shards, call.length) = (arguments.count, length)
    unsafe call.sums = workspace.sums.mutablePointer()
    unsafe call.packed_a = UnsafeMutableRawPointer(workspace.packedRows.mutablePointer())
    // The sums of biases are next to each other.
    var biasCall = unsafe call
    unsafe biasCall.panel_stride = tile.panels.columnBlocks * columnBlockWidth
    unsafe biasCall.block_stride = columnBlockWidth
    // About 512 rows at a time, so that they are still in cache for the fused reductions.
    let steps = max(1, 512 / contributions.reduce(0) { $0 + $1.rows.count })
    for first in stride(from: 0, to: length, by: steps) {
      let end = min(first + steps, length)
      unsafe (call.first_step, call.end_step) = (first, end)
      unsafe (biasCall.first_step, biasCall.end_step) = (first, end)
      unsafe training.weight_gradient(&call, arguments)
      for unsafe(number, bias) in unsafe biases.enumerated() {
        let out = unsafe call.sums + tile.count + number * tile.columns
        unsafe training.bias_gradient(out, &biasCall, bias)
      }
    }
  }
}

extension geul_weight_gradient {
  /// Creates the arguments that describe a tile in a gradient.
  fileprivate init(_ tile: GradientTile) {
    let (slot, panels) = (tile.matrix.slot, tile.panels)
    unsafe self.init()
    unsafe (length, depth) = (tile.matrix.subBatches[0][0].length, tile.depth.count)
    unsafe (self.panels, column_blocks) = (panels.count, panels.columnBlocks)
    unsafe (panel_stride, d_stride) = (panels.units, panels.columns)
    unsafe block_stride = slot.isGated ? slot.width : columnBlockWidth
  }
}
