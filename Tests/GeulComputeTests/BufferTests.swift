import GeulCompute
import Testing

/// `Buffer`, `ElementBuffer` and the layout of parameters.
struct BufferTests {
  @Test(arguments: [0, 1, 15, 16, 17, 1000])
  func `a new buffer holds zeros`(count: Int) {
    #expect(Buffer<Float>(zeros: count).array == Array(repeating: 0, count: count))
    #expect(Buffer<Int32>(zeros: count).count == count)
  }

  @Test func `a buffer holds the elements of the array that it is made from`() {
    let values = (0..<37).map { Float($0) / 3 }
    let buffer = Buffer(values)
    #expect(buffer.array == values)
    #expect(values.indices.allSatisfy { buffer.span[$0] == values[$0] })
    #expect(Buffer([Int32]()).array.isEmpty)
  }

  @Test func `writing to a copy in any way leaves the original unchanged`() {
    let original = Buffer<Float>([1, 2, 3, 4])
    var (set, spanned, cleared, copied) = (original, original, original, original)
    set[0] = 9
    var span = spanned.mutableSpan
    span[1] = 9
    cleared.clear()
    copied.copy(0..<1, to: 3)
    #expect(original.array == [1, 2, 3, 4])
    #expect(set.array == [9, 2, 3, 4])
    #expect(spanned.array == [1, 9, 3, 4])
    #expect(cleared.array == [0, 0, 0, 0])
    #expect(copied.array == [1, 2, 3, 1])
  }

  @Test func `buffers of equal elements are equal`() {
    #expect(Buffer<Float>([1, 2]) == Buffer<Float>([1, 2]))
    #expect(Buffer<Float>([1, 2]) != Buffer<Float>([1, 3]))
    #expect(Buffer<Float>([1, 2]) != Buffer<Float>([1, 2, 0]))
  }

  @Test(arguments: Precision.allCases)
  func `elements are stored, read and copied exactly, without moving the buffer`(
    precision: Precision
  ) {
    let elements = ElementBuffer(zeros: 4, precision)
    let address = elements.address
    #expect((0..<4).allSatisfy { elements[$0] == 0 })
    elements.store([0.25, -0.5, 0.75, 1])
    #expect((0..<4).map { elements[$0] } == [0.25, -0.5, 0.75, 1])
    elements.copy(2..<4, to: 0)
    #expect((0..<4).map { elements[$0] } == [0.75, 1, 0.75, 1])
    elements.store([-0.25, 0], at: 1)
    #expect((0..<4).map { elements[$0] } == [0.75, -0.25, 0, 1])
    #expect(elements.precision == precision)
    #expect(elements.count == 4)
    #expect(elements.address == address)
  }

  @Test func `slots of a layout follow each other, each padded to whole column blocks`() {
    var layout = ParameterLayout()
    let first = layout.reserve("a", depth: 3, gates: 4, units: 17)
    let second = layout.reserve("b", depth: 1, gates: 1, units: 16)
    #expect(first.range == 0..<3 * 4 * 32)
    #expect(second.range == 384..<400)
    #expect(layout.count == 400)
    #expect(layout.parameterCount == 3 * 4 * 17 + 16)
    var storage = ParameterStorage(layout)
    storage[first, 2, 3, 16] = 5
    storage[second, 0, 0, 15] = 6
    #expect(storage.values[2 * 128 + 3 * 32 + 16] == 5)
    #expect(storage[second][15] == 6)
    #expect(storage.values.array.reduce(0, +) == 11)
  }
}
