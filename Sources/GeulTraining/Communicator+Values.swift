internal import GeulCompute
internal import GeulModel
internal import PortableFoundation

extension Communicator {
  /// Indicates whether several processes train together.
  var isDistributed: Bool { count > 1 }

  /// Copies elements of rank `root` to all ranks.
  func broadcast(_ values: inout Buffer<Float>, _ range: Range<Int>, from root: Int) {
    guard isDistributed, !range.isEmpty else { return }
    let stride = MemoryLayout<Float>.stride
    var span = values.mutableSpan
    var bytes = unsafe span.mutableBytes
    broadcast(&bytes, range.lowerBound * stride..<range.upperBound * stride, from: root)
  }

  /// Copies an array of rank `root` to all ranks, where it has the same number of elements.
  func broadcast<Value: BitwiseCopyable>(_ values: inout [Value], from root: Int = 0) {
    guard isDistributed, !values.isEmpty else { return }
    var span = values.mutableSpan
    var bytes = unsafe span.mutableBytes
    broadcast(&bytes, 0..<bytes.byteCount, from: root)
  }

  /// Copies a message of rank 0 to all ranks.
  ///
  /// - Parameter message: The message on rank 0; ignored on other ranks.
  /// - Returns: The message of rank 0; nil if it is nil or cannot be decoded.
  func broadcast<Message: Codable>(_ message: Message?) -> Message? {
    guard isDistributed else { return message }
    var bytes: [UInt8] = []
    if rank == 0, let message, let data = try? JSONEncoder().encode(message) { bytes = Array(data) }
    var size = [bytes.count]
    broadcast(&size)
    if rank != 0 { bytes = Array(repeating: 0, count: size[0]) }
    broadcast(&bytes)
    return rank == 0 ? message : try? JSONDecoder().decode(Message.self, from: Data(bytes))
  }

  /// Returns the elements of all ranks, `counts[r]` of rank r, in the order of the ranks.
  func allGather<Value: BitwiseCopyable>(
    _ own: [Value], counts: [Int], zero: Value
  ) -> [Value] {
    guard isDistributed else { return own }
    var all = [Value](repeating: zero, count: counts.reduce(0, +))
    var span = all.mutableSpan
    var bytes = unsafe span.mutableBytes
    let stride = MemoryLayout<Value>.stride
    unsafe allGather(own.span.bytes, into: &bytes, byteCounts: counts.map { $0 * stride })
    return all
  }

  /// Returns an integer of each rank.
  func allGather(_ value: Int) -> [Int] {
    allGather([value], counts: Array(repeating: 1, count: count), zero: 0)
  }

  /// Returns a sentence of each rank.
  func allGather(_ sentence: String) -> [String] {
    allGather(bytes: Array(sentence.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Returns a message of each rank; nil if one cannot be encoded or decoded.
  func allGather<Message: Codable>(_ message: Message) -> [Message]? {
    let own = (try? JSONEncoder().encode(message)) ?? Data()
    let all = allGather(bytes: Array(own))
    let decoded = all.compactMap { try? JSONDecoder().decode(Message.self, from: Data($0)) }
    return decoded.count == all.count ? decoded : nil
  }

  private func allGather(bytes own: [UInt8]) -> [ArraySlice<UInt8>] {
    let counts = allGather(own.count)
    let all = allGather(own, counts: counts, zero: 0)
    var start = 0
    return counts.map { count in
      defer { start += count }
      return all[start..<start + count]
    }
  }

  /// Sends consecutive parts of `parts`, `counts[r]` elements to rank r, and returns the parts for this rank,
  /// `receivedCounts[r]` elements from rank r.
  func allToAll(_ parts: [Int32], counts: [Int], receivedCounts: [Int]) -> [Int32] {
    var received = [Int32](repeating: 0, count: receivedCounts.reduce(0, +))
    var span = received.mutableSpan
    var bytes = unsafe span.mutableBytes
    let stride = MemoryLayout<Int32>.stride
    unsafe allToAll(
      parts.span.bytes, byteCounts: counts.map { $0 * stride }, into: &bytes,
      receivedByteCounts: receivedCounts.map { $0 * stride })
    return received
  }
}

extension Communicator {
  /// The sequences of the batch that this rank computes.
  func rows(of subBatches: SubBatches) -> Range<Int> {
    GradientReducer.rows(of: subBatches, rank: rank, ranks: count)
  }

  /// The number of sequences that each rank computes.
  func rowCounts(of subBatches: SubBatches) -> [Int] {
    (0..<count).map { GradientReducer.rows(of: subBatches, rank: $0, ranks: count).count }
  }

  /// Returns the recurrent state of all sequences of the batch, of which this rank has some.
  func allGather(_ own: RecurrentState, of subBatches: SubBatches) -> RecurrentState {
    guard isDistributed else { return own }
    let (layers, width) = (own.layers, own.width)
    // [l, b, h] -> [b, l, h] and back: so the values of a rank are consecutive.
    func gather(_ values: [Float]) -> [Float] {
      guard !values.isEmpty else { return [] }
      var byRow: [Float] = []
      for row in 0..<own.rows {
        for layer in 0..<layers {
          let start = (layer * own.rows + row) * width
          byRow += values[start..<start + width]
        }
      }
      let all = allGather(
        byRow, counts: rowCounts(of: subBatches).map { $0 * layers * width }, zero: 0)
      var byLayer: [Float] = []
      for layer in 0..<layers {
        for row in 0..<subBatches.batch {
          let start = (row * layers + layer) * width
          byLayer += all[start..<start + width]
        }
      }
      return byLayer
    }
    return RecurrentState(
      own, rows: subBatches.batch, hidden: gather(own.hidden),
      float32State: gather(own.float32State))
  }

  /// Copies the state of rank 0 to all ranks, where it has the same shape.
  func broadcast(_ state: inout TrainerState) {
    guard isDistributed else { return }
    let count = state.parameters.values.count
    broadcast(&state.parameters.values, 0..<count, from: 0)
    broadcast(&state.averagedParameters.values, 0..<count, from: 0)
    broadcast(&state.optimizer.firstMoment.values, 0..<count, from: 0)
    broadcast(&state.optimizer.secondMoment.values, 0..<count, from: 0)
    broadcast(&state.recurrent.hidden)
    broadcast(&state.recurrent.float32State)
    var numbers = [state.step, Int(state.learningRateScale.bitPattern)]
    broadcast(&numbers)
    (state.step, state.learningRateScale) = (numbers[0], Float(bitPattern: UInt32(numbers[1])))
    state.batcher = broadcast(state.batcher) ?? state.batcher
  }
}
