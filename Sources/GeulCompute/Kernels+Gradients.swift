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
    for slot in matrices.flatMap({ [$0.slot] + $0.fusedReductions.map(\.slot) }) {
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
    let (slot, panels) = (tile.matrix.slot, tile.panels)
    var call = unsafe geul_weight_gradient()
    unsafe (call.panels, call.column_blocks, call.depth) = (
      panels.count, panels.columnBlocks, tile.depth.count
    )
    unsafe (call.panel_stride, call.d_stride) = (panels.units, panels.columns)
    unsafe call.block_stride = slot.isGated ? slot.width : columnBlockWidth
    unsafe call.sums = workspace.sums.mutablePointer()
    unsafe call.packed_a = UnsafeMutableRawPointer(workspace.packedRows.mutablePointer())
    workspace.sums.clear(first: tile.count)
    let contributions = tile.matrix.contributions
    let training = training(contributions[0].gradients.gradientPrecision)
    let length = contributions[0].length
    let arguments = unsafe contributions.map {
      unsafe $0.kernelArgument(panels, from: tile.depth.lowerBound)
    }
    let reductions = unsafe tile.fusedReductions.map { reduction in
      unsafe (
        reduction.slot, reduction.contributions.map { unsafe $0.kernelArgument(panels, from: 0) }
      )
    }
    unsafe (call.shards, call.length) = (arguments.count, length)
    // About 512 rows at a time, so that they are still in cache for the fused reductions.
    let steps = max(1, 512 / contributions.reduce(0) { $0 + $1.rows })
    for first in stride(from: 0, to: length, by: steps) {
      unsafe (call.first_step, call.end_step) = (first, min(first + steps, length))
      unsafe training.weight_gradient(&call, arguments)
      for unsafe(reduction, arguments) in unsafe reductions {
        let out = unsafe storage + reduction.offset + panels.first
        unsafe training.reduce_rows(out, reduction.stride, &call, arguments)
      }
    }
    let out = unsafe storage + slot.offset + tile.depth.lowerBound * slot.stride + panels.first
    unsafe functions.add_panels(out, slot.stride, &call)
  }
}
