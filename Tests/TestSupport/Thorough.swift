#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Indicates that slow tests run in full, with all sizes and arguments.
///
/// `GEUL_THOROUGH=1` in the environment sets it, as `make torture` does; `.ci/run` does not. Otherwise these
/// tests run on a part of their arguments.
public let isThorough = unsafe getenv("GEUL_THOROUGH").map { unsafe String(cString: $0) } == "1"
