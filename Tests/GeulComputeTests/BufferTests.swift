import GeulCompute
import Testing

@Suite("A buffer is a value")
struct BufferTests {
  @Test("It begins with zeros", arguments: [0, 1, 15, 16, 17, 1000])
  func beginsWithZeros(count: Int) {
    #expect(Buffer<Float>(zeros: count).array == Array(repeating: 0, count: count))
    #expect(Buffer<Int32>(zeros: count).count == count)
  }

  @Test("It holds what it is made of")
  func holdsValues() {
    let values = (0..<37).map { Float($0) / 3 }
    let buffer = Buffer(values)
    #expect(buffer.array == values)
    #expect(values.indices.allSatisfy { buffer.span[$0] == values[$0] })
    #expect(Buffer([Int32]()).array.isEmpty)
  }

  @Test("A copy keeps its numbers when the other is written to, in whatever way")
  func copiesOnWrite() {
    let original = Buffer<Float>([1, 2, 3, 4])
    var (set, spanned, cleared, moved) = (original, original, original, original)
    set[0] = 9
    var span = spanned.mutableSpan
    span[1] = 9
    cleared.clear()
    moved.move(0..<1, to: 3)
    #expect(original.array == [1, 2, 3, 4])
    #expect(set.array == [9, 2, 3, 4])
    #expect(spanned.array == [1, 9, 3, 4])
    #expect(cleared.array == [0, 0, 0, 0])
    #expect(moved.array == [1, 2, 3, 1])
  }

  @Test("Equal numbers make equal buffers")
  func equality() {
    #expect(Buffer<Float>([1, 2]) == Buffer<Float>([1, 2]))
    #expect(Buffer<Float>([1, 2]) != Buffer<Float>([1, 3]))
    #expect(Buffer<Float>([1, 2]) != Buffer<Float>([1, 2, 0]))
  }

  @Test(
    "ElementBuffer move like their numbers, and their copies stay", arguments: Precision.allCases)
  func operandsMove(precision: Precision) {
    var operands = ElementBuffer(zeros: 4, precision)
    operands.fill([0.25, -0.5, 0.75, 1])
    let before = operands
    operands.move(2..<4, to: 0)
    #expect((0..<4).map { operands[$0] } == [0.75, 1, 0.75, 1])
    #expect((0..<4).map { before[$0] } == [0.25, -0.5, 0.75, 1])
    #expect(operands.precision == precision)
  }

  @Test("Slots of a layout follow each other, each padded to whole groups")
  func layout() {
    var layout = ParameterLayout()
    let first = layout.reserve("a", depth: 3, gates: 4, units: 17)
    let second = layout.reserve("b", depth: 1, gates: 1, units: 16)
    #expect(first.range == 0..<3 * 4 * 32)
    #expect(second.range == 384..<400)
    #expect(layout.count == 400)
    #expect(layout.parameterCount == 3 * 4 * 17 + 16)
    var arena = ParameterStorage(layout)
    arena[first, 2, 3, 16] = 5
    arena[second, 0, 0, 15] = 6
    #expect(arena.values[2 * 128 + 3 * 32 + 16] == 5)
    #expect(arena[second][15] == 6)
    #expect(arena.values.array.reduce(0, +) == 11)
  }
}
