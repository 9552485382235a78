internal import CGeulKernels

/// The numeric kernels of one instruction set.
///
/// This module is the only Swift code that calls the kernels in C. Its functions check that buffers are as large as the
/// shapes require, and trap if they are not.
@safe
public struct Kernels: Sendable {
  /// The instruction set.
  public let instructionSet: InstructionSet
  private let table: Table

  /// Selects the kernels of an instruction set.
  ///
  /// - Precondition: The instruction set is available on this machine.
  public init(_ instructionSet: InstructionSet) {
    guard let pointer = unsafe geul_kernels_for(instructionSet.code) else {
      preconditionFailure("\(instructionSet.rawValue) is not available on this machine")
    }
    self.instructionSet = instructionSet
    table = unsafe Table(pointer: pointer)
  }

  var functions: geul_kernels { unsafe table.pointer.pointee }

  func inference(_ precision: Precision) -> geul_inference_kernels {
    switch precision {
    case .float32: unsafe functions.inference_float32.pointee
    case .bfloat16: unsafe functions.inference_bfloat16.pointee
    case .int8: unsafe functions.inference_int8.pointee
    }
  }

  func training(_ precision: Precision) -> geul_training_kernels {
    switch precision {
    case .float32: return unsafe functions.training_float32.pointee
    case .bfloat16: return unsafe functions.training_bfloat16.pointee
    case .int8: preconditionFailure("int8 supports inference only")
    }
  }

  func forwardKernel(_ cell: CellKind, _ precision: Precision) -> geul_forward_kernel {
    var table = inference(precision)
    return unsafe geul_forward_kernel_for(&table, cell.descriptor.kernel)
  }

  func backwardKernel(_ cell: CellKind, _ precision: Precision) -> geul_backward_kernel {
    var table = training(precision)
    return unsafe geul_backward_kernel_for(&table, cell.descriptor.kernel)
  }

  /// A pointer to a kernel table.
  ///
  /// Unchecked: the table is a constant.
  @safe
  private struct Table: @unchecked Sendable {
    let pointer: UnsafePointer<geul_kernels>
  }
}

/// Traps if a buffer has fewer elements than the shapes require.
func require(_ name: StaticString, _ count: Int, atLeast needed: Int) {
  precondition(count >= needed, "\(name) has \(count) elements, the shapes require \(needed)")
}
