internal import CGeulKernels
internal import Foundation

/// An instruction set that kernels are compiled for; in float32 all give the same bits.
public enum InstructionSet: String, CaseIterable, Sendable {
  case portable, neon, avx2, avx512, avx512bf16

  /// The instruction sets of this machine, the slowest first.
  public static var available: [InstructionSet] { allCases.filter(\.isAvailable) }

  /// Indicates whether bfloat16 pairs are multiplied in hardware.
  public var multipliesBfloat16: Bool { self == .avx512bf16 }

  /// Indicates whether this build and this machine support it.
  public var isAvailable: Bool { unsafe geul_kernels_for(code) != nil }

  /// Returns the instruction set that the environment variable `GEUL_ISA` names, else the fastest of this machine.
  ///
  /// - Throws: `InstructionSetError` if the variable names one that is unknown or not available.
  public static func chosen() throws(InstructionSetError) -> InstructionSet {
    guard let name = ProcessInfo.processInfo.environment["GEUL_ISA"], !name.isEmpty else {
      return available.last ?? .portable
    }
    guard let set = InstructionSet(rawValue: name), set.isAvailable else {
      throw InstructionSetError(name: name)
    }
    return set
  }

  var code: geul_isa {
    switch self {
    case .portable: GEUL_PORTABLE
    case .neon: GEUL_NEON
    case .avx2: GEUL_AVX2
    case .avx512: GEUL_AVX512
    case .avx512bf16: GEUL_AVX512BF16
    }
  }
}

/// `GEUL_ISA` names an instruction set that is not available.
public struct InstructionSetError: Error, Equatable, CustomStringConvertible {
  /// The value of the variable.
  public let name: String

  /// One sentence: what, where, what to do.
  public var description: String {
    let names = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
    return "GEUL_ISA=\(name) is not an instruction set of this machine; it has \(names)."
  }
}
