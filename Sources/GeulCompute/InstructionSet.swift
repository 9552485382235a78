internal import CGeulKernels
internal import Foundation

/// What a processor can compute with: in float32 each gives the same bits.
public enum InstructionSet: String, CaseIterable, Sendable {
  case portable, neon, avx2, avx512, avx512bf16

  /// Those that this machine has, the plainest first.
  public static var available: [InstructionSet] { allCases.filter(\.isAvailable) }

  /// Whether products of bfloat16 pairs are done in hardware.
  public var multipliesBfloat16: Bool { self == .avx512bf16 }

  /// Whether this program and this machine have it.
  public var isAvailable: Bool { unsafe geul_kernels_for(code) != nil }

  /// The one that the environment variable `GEUL_ISA` names, or else the best of this machine.
  ///
  /// - Throws: `InstructionSetError` when the variable names one that is unknown or not available.
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

/// `GEUL_ISA` names an instruction set that cannot be used.
public struct InstructionSetError: Error, Equatable, CustomStringConvertible {
  /// What the variable said.
  public let name: String

  /// One sentence: what, where, what to do.
  public var description: String {
    let names = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
    return "GEUL_ISA=\(name) is not an instruction set of this machine; it has \(names)."
  }
}
