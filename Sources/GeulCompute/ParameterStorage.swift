/// The number of columns of a column block.
///
/// Widths are padded to a multiple of it, so that kernels have no remainder loops.
public let columnBlockWidth = 16

/// Returns `count` rounded up to a multiple of `columnBlockWidth`.
public func padded(_ count: Int) -> Int {
  (count + columnBlockWidth - 1) / columnBlockWidth * columnBlockWidth
}

/// The location of a named tensor in a parameter storage: `[depth, gates, width]`, row-major, with `units` padded to
/// `width`.
public struct ParameterSlot: Sendable, Equatable {
  /// PyTorch's name, for example `lstm.weight_ih_l0`.
  public let name: String
  /// The number of rows of the matrix; 1 for a bias.
  public let depth: Int
  /// The number of gates; 1 for kinds without gates.
  public let gates: Int
  /// The number of units, without padding.
  public let units: Int
  /// The index of the first element.
  public let offset: Int

  /// The number of units, padded.
  public var width: Int { padded(units) }
  /// The number of elements from one row to the next.
  public var stride: Int { gates * width }
  /// The number of elements, padding included.
  public var count: Int { depth * stride }
  /// The indices of the elements.
  public var range: Range<Int> { offset..<offset + count }
  /// The number of parameters, without padding.
  public var parameterCount: Int { depth * gates * units }
  /// Indicates whether the columns are gates, stored in panels of 16 units.
  var isGated: Bool { gates > 1 }
}

/// The layout of a network's tensors, the same for parameters, gradients, moments and the weight average.
public struct ParameterLayout: Sendable, Equatable {
  /// The tensors in order.
  public private(set) var slots: [ParameterSlot] = []
  /// The number of elements, padding included.
  public private(set) var count = 0

  /// Creates an empty layout.
  public init() {}

  /// Adds a tensor `[depth, gates, units]` and returns its location.
  public mutating func reserve(_ name: String, depth: Int, gates: Int, units: Int) -> ParameterSlot
  {
    let slot = ParameterSlot(name: name, depth: depth, gates: gates, units: units, offset: count)
    slots.append(slot)
    count += slot.count
    return slot
  }

  /// The number of parameters, without padding.
  public var parameterCount: Int { slots.reduce(0) { $0 + $1.parameterCount } }
}

/// The elements of all tensors of a network in one buffer, with copy-on-write.
public struct ParameterStorage: Sendable, Equatable {
  /// The layout.
  public let layout: ParameterLayout
  /// The elements; padding is zero and must stay zero.
  public var values: Buffer<Float>

  /// Creates a storage of zeros.
  public init(_ layout: ParameterLayout) {
    self.layout = layout
    values = Buffer(zeros: layout.count)
  }

  /// Indicates whether all elements are finite.
  public var isFinite: Bool { (0..<values.count).allSatisfy { values[$0].isFinite } }

  /// The elements of one tensor, padding included.
  public subscript(slot: ParameterSlot) -> Span<Float> {
    @_lifetime(borrow self)
    get { unsafe _overrideLifetime(values.span.extracting(slot.range), borrowing: self) }
  }

  /// One element of one tensor.
  public subscript(slot: ParameterSlot, depth: Int, gate: Int, unit: Int) -> Float {
    get { values[slot.offset + depth * slot.stride + gate * slot.width + unit] }
    set { values[slot.offset + depth * slot.stride + gate * slot.width + unit] = newValue }
  }
}
