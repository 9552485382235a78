internal import CGeulKernels

/// The arithmetic, for one instruction set: checked shapes in, no pointers out.
///
/// This module is the only Swift that calls the kernels in C. Its functions take buffers, check that they are
/// as large as the shapes say, and trap with both values when not: that would be a fault of this program.
@safe
public struct Kernels: Sendable {
  /// Which instruction set computes.
  public let instructionSet: InstructionSet
  private let table: Table

  /// - Parameter instructionSet: one that is available on this machine.
  public init(_ instructionSet: InstructionSet) {
    guard let pointer = unsafe geul_kernels_for(instructionSet.code) else {
      preconditionFailure("this machine has no \(instructionSet.rawValue)")
    }
    self.instructionSet = instructionSet
    table = unsafe Table(pointer: pointer)
  }

  var functions: geul_kernels { unsafe table.pointer.pointee }

  func functions(_ precision: Precision) -> geul_operand_kernels {
    switch precision {
    case .float32: unsafe functions.float32.pointee
    case .bfloat16: unsafe functions.bfloat16.pointee
    }
  }

  /// Unchecked: the table is a constant of the program.
  @safe
  private struct Table: @unchecked Sendable {
    let pointer: UnsafePointer<geul_kernels>
  }
}

/// Traps unless `buffer` holds what the shapes need.
func require(_ name: StaticString, _ have: Int, atLeast need: Int) {
  precondition(have >= need, "\(name) holds \(have) numbers, the shapes need \(need)")
}
