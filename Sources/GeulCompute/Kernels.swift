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

  func inferenceKernels(_ precision: Precision) -> UnsafePointer<geul_inference_kernels> {
    switch precision {
    case .float32: unsafe functions.inference_float32
    case .bfloat16: unsafe functions.inference_bfloat16
    case .int8: unsafe functions.inference_int8
    }
  }

  func trainingKernels(_ precision: Precision) -> UnsafePointer<geul_training_kernels> {
    switch precision {
    case .float32: return unsafe functions.training_float32
    case .bfloat16: return unsafe functions.training_bfloat16
    case .int8: preconditionFailure("int8 reads alone")
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
