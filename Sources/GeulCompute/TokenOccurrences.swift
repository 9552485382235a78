internal import CGeulKernels

/// The occurrences of each token in a window, from which the gradient of an embedding table is computed.
///
/// Those of a token are in the order of sub-batch, time step and sequence, whatever shards the batch is divided into.
public struct TokenOccurrences: Sendable {
  /// The tokens that occur, in ascending order.
  private var tokens: [Int32] = []
  /// The index of each token's first occurrence, and the number of all.
  private var first: [UInt32] = [0]
  private var occurrences: [geul_occurrence]

  /// Some sequences of a shard.
  public struct Part: Sendable {
    /// The index of the shard.
    public let shard: Int
    /// The tokens of the shard, `[time, stepRows]`.
    let tokens: Buffer<Int32>
    let stepRows: Int
    /// The sequences.
    public let rows: Range<Int>

    /// Creates a part: the sequences `rows` of the shard with the index `shard`, which has `stepRows` sequences with these
    /// tokens, `[time, stepRows]`.
    public init(shard: Int, tokens: Buffer<Int32>, stepRows: Int, rows: Range<Int>) {
      self.shard = shard
      self.tokens = tokens
      self.stepRows = stepRows
      self.rows = rows
    }
  }

  /// Collects the occurrences in windows of `length` steps; `subBatches` has the parts of each sub-batch in the order of the
  /// sequences.
  public init(_ subBatches: [[Part]], length: Int, vocabulary: Int) {
    // A counting sort, which keeps the order of the occurrences of each token.
    var counts = [UInt32](repeating: 0, count: vocabulary)
    Self.forEach(subBatches, length) { token, _ in counts[token] += 1 }
    var total: UInt32 = 0
    for token in 0..<vocabulary where counts[token] > 0 {
      let count = counts[token]
      counts[token] = total
      total += count
      tokens.append(Int32(token))
      first.append(total)
    }
    var sorted = [geul_occurrence](repeating: geul_occurrence(), count: Int(total))
    Self.forEach(subBatches, length) { token, occurrence in
      sorted[Int(counts[token])] = occurrence
      counts[token] += 1
    }
    occurrences = sorted
  }

  private static func forEach(
    _ subBatches: [[Part]], _ length: Int, _ body: (Int, geul_occurrence) -> Void
  ) {
    for (subBatch, parts) in subBatches.enumerated() {
      for step in 0..<length {
        for part in parts {
          for row in part.rows {
            let index = step * part.stepRows + row
            body(
              Int(part.tokens[index]),
              geul_occurrence(
                row: UInt32(index), shard: UInt16(part.shard), sub_batch: UInt16(subBatch)))
          }
        }
      }
    }
  }

  /// Passes the kernel's argument, which is valid during the call.
  func withKernelArgument(_ body: (inout geul_token_occurrences) -> Void) {
    unsafe tokens.withUnsafeBufferPointer { tokens in
      unsafe first.withUnsafeBufferPointer { first in
        unsafe occurrences.withUnsafeBufferPointer { occurrences in
          guard let tokens = tokens.baseAddress, let first = first.baseAddress,
            let occurrences = occurrences.baseAddress
          else { return }
          var argument = unsafe geul_token_occurrences(
            count: self.tokens.count, tokens: tokens, first: first, occurrences: occurrences)
          unsafe body(&argument)
        }
      }
    }
  }
}
