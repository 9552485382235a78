/// Widths are rounded up to whole groups of this many units, filled with zeros, so that no kernel has a tail.
public let columnBlockWidth = 16

/// `count` rounded up to whole groups of 16.
public func padded(_ count: Int) -> Int {
  (count + columnBlockWidth - 1) / columnBlockWidth * columnBlockWidth
}

/// A named tensor's place in an arena: `[depth, gates, width]`, row-major, `units` padded to `width`.
public struct ParameterSlot: Sendable, Equatable {
  /// PyTorch's name, for example `lstm.weight_ih_l0`.
  public let name: String
  /// How many rows: the length of what it is multiplied by, and 1 for a bias.
  public let depth: Int
  /// How many gates: 1 where units have none.
  public let gates: Int
  /// How many units.
  public let units: Int
  /// Where its numbers begin.
  public let offset: Int

  /// The units with their padding.
  public var width: Int { padded(units) }
  /// How far apart two rows are.
  public var stride: Int { gates * width }
  /// How many numbers it takes, padding included.
  public var count: Int { depth * stride }
  /// Where its numbers are.
  public var range: Range<Int> { offset..<offset + count }
  /// How many numbers it has without padding.
  public var parameterCount: Int { depth * gates * units }
}

/// What lies where in the arenas of a network: parameters, gradients and both of Adam's moments have one layout.
public struct ParameterLayout: Sendable, Equatable {
  /// The tensors, in order.
  public private(set) var slots: [ParameterSlot] = []
  /// How many numbers there are, padding included.
  public private(set) var count = 0

  /// A layout without tensors.
  public init() {}

  /// Adds a tensor `[depth, gates, units]` and returns its place.
  public mutating func reserve(_ name: String, depth: Int, gates: Int, units: Int) -> ParameterSlot
  {
    let slot = ParameterSlot(name: name, depth: depth, gates: gates, units: units, offset: count)
    slots.append(slot)
    count += slot.count
    return slot
  }

  /// How many numbers there are without padding.
  public var parameterCount: Int { slots.reduce(0) { $0 + $1.parameterCount } }
}

/// The numbers of all tensors of a network, in one block.
public struct ParameterStorage: Sendable, Equatable {
  /// What lies where.
  public let layout: ParameterLayout
  /// The numbers; what pads a width is zero and stays zero.
  public var values: Buffer<Float>

  /// All zeros.
  public init(_ layout: ParameterLayout) {
    self.layout = layout
    values = Buffer(zeros: layout.count)
  }

  /// Whether all numbers are finite.
  public var isFinite: Bool { (0..<values.count).allSatisfy { values[$0].isFinite } }

  /// The numbers of one tensor.
  public subscript(slot: ParameterSlot) -> Span<Float> {
    @_lifetime(borrow self)
    get { unsafe _overrideLifetime(values.span.extracting(slot.range), borrowing: self) }
  }

  /// One number of one tensor.
  public subscript(slot: ParameterSlot, depth: Int, gate: Int, unit: Int) -> Float {
    get { values[slot.offset + depth * slot.stride + gate * slot.width + unit] }
    set { values[slot.offset + depth * slot.stride + gate * slot.width + unit] = newValue }
  }
}
