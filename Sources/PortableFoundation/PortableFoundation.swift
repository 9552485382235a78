/// The part of Foundation without tables of languages, which shortens the start of a program on Linux, and the C library.
///
/// On Apple's systems, it is Foundation, which is always loaded there.
#if canImport(FoundationEssentials)
@_exported public import FoundationEssentials
@_exported public import Glibc
#else
@_exported public import Foundation
#endif

/// The path of the program's file, without symbolic links; nil if the system does not tell it.
package var executablePath: String? {
  #if canImport(FoundationEssentials)
  try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  #else
  Bundle.main.executableURL?.resolvingSymlinksInPath().path
  #endif
}

/// Ends the process, for code in which the C function's name is hidden by a method.
package func endProcess(_ code: Int32) -> Never { exit(code) }
