internal import CGeulKernels
internal import PortableFoundation

/// An instruction set that the kernels are compiled for; float32 results have the same bits with all of them.
public enum InstructionSet: String, CaseIterable, Sendable {
  case portable, neon, avx2, avx512, avx512bf16

  /// The instruction sets that are available on this machine, slowest first.
  public static var available: [InstructionSet] { allCases.filter(\.isAvailable) }

  /// Indicates whether products of bfloat16 pairs are one instruction.
  public var multipliesBfloat16: Bool { self == .avx512bf16 }

  /// Indicates whether this build and this machine support the instruction set.
  public var isAvailable: Bool { unsafe geul_kernels_for(code) != nil }

  /// Returns the instruction set that the environment variable `GEUL_ISA` names, otherwise the fastest available one.
  ///
  /// - Throws: `InstructionSetError` if the named instruction set is unknown or not available.
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

/// The error for a value of `GEUL_ISA` that is not an available instruction set.
public struct InstructionSetError: Error, Equatable, CustomStringConvertible {
  /// The value of `GEUL_ISA`.
  public let name: String

  /// A message with the value and the available instruction sets.
  public var description: String {
    let names = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
    return "GEUL_ISA=\(name) is not an instruction set of this machine. Available: \(names)."
  }
}
