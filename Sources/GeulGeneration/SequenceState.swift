internal import GeulModel
internal import GeulText

/// The state of a sequence after its last token: what a later sequence needs to continue it.
///
/// A sequence that continues it generates the same text as one whose prompt has all tokens of both, if the penalties reach no
/// further back than the kept tokens. With Mirostat, it begins with the state at the end of the earlier sequence.
public struct SequenceState: Sendable {
  /// The recurrent state before `lastToken`.
  let row: RecurrentState.Row
  /// The last token, which the network has not read.
  let lastToken: Int
  /// The most recent tokens, the oldest first, for penalties.
  let recentTokens: [Int32]
  /// The state of Mirostat; nil if the sequence was generated without it.
  let mirostat: MirostatState?
  let decoder: StreamDecoder
  /// The number of tokens that were read or generated.
  public let tokenCount: Int

  /// Returns the number of tokens that are kept for penalties: 256, and with the DRY penalty up to 4096.
  static func recentTokenLimit(_ options: SamplingOptions) -> Int {
    options.penalizesRepetitions ? min(max(options.windowCapacity, 256), 4096) : 256
  }

  /// The size of the state in bytes, without the decoder's table, which all sequences share.
  public var byteCount: Int {
    row.byteCount + recentTokens.count * MemoryLayout<Int32>.stride
      + MemoryLayout<SequenceState>.stride
  }
}
