#if Server
import Foundation
import Geul

#if canImport(Glibc)
import Glibc
#endif

/// What the system knows about this process, from /proc.
enum ProcessUsage {
  /// The resident memory in bytes; nil where it is unknown.
  static var residentBytes: Int? {
    guard let bytes = try? FileDescriptor(reading: "/proc/self/statm").readToEnd() else {
      return nil
    }
    let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// The number of open file descriptors; nil where it is unknown.
  static var descriptorCount: Int? {
    // Reading the directory takes a descriptor itself.
    (try? FileSystem.names(in: "/proc/self/fd")).map { $0.count - 1 }
  }

  /// Raises the limit of open file descriptors as far as it may be raised, up to a number.
  ///
  /// - Returns: The limit.
  static func raiseDescriptorLimit(to wanted: Int) -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(descriptorLimit, &limit) == 0 else { return wanted }
    let current = Int(clamping: limit.rlim_cur)
    guard current < wanted else { return current }
    var raised = limit
    raised.rlim_cur = min(rlim_t(wanted), limit.rlim_max)
    guard unsafe setrlimit(descriptorLimit, &raised) == 0 else { return current }
    return Int(clamping: raised.rlim_cur)
  }

  /// Makes the allocator return memory to the system, so that resident memory does not grow for hours.
  ///
  /// By default glibc has eight heaps for each processor, each of which keeps the most memory that its threads ever needed
  /// at once; and once large blocks were freed, it also takes such blocks from the heaps, where a small block above them
  /// keeps them resident.
  static func configureAllocator() {
    #if canImport(Glibc)
    typealias SetOption = @convention(c) (_ option: Int32, _ value: Int32) -> Int32
    guard let symbol = unsafe allocatorFunction("mallopt") else { return }
    let setOption = unsafe unsafeBitCast(symbol, to: SetOption.self)
    let (trimThreshold, mappingThreshold, maximumHeaps): (Int32, Int32, Int32) = (-1, -3, -8)
    _ = setOption(trimThreshold, 1 << 17)
    _ = setOption(mappingThreshold, 1 << 17)
    _ = setOption(maximumHeaps, 4)
    #endif
  }

  /// Returns the unused pages of all heaps to the system.
  static func returnUnusedMemory() {
    #if canImport(Glibc)
    typealias Trim = @convention(c) (_ padding: Int) -> Int32
    guard let symbol = unsafe allocatorFunction("malloc_trim") else { return }
    _ = unsafe unsafeBitCast(symbol, to: Trim.self)(0)
    #endif
  }

  #if canImport(Glibc)
  /// Returns a function of malloc.h, which Swift's module of glibc does not contain.
  private static func allocatorFunction(_ name: String) -> UnsafeMutableRawPointer? {
    unsafe dlsym(nil, name)
  }
  #endif

  #if canImport(Glibc)
  private static let descriptorLimit = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
  private static let descriptorLimit = RLIMIT_NOFILE
  #endif
}
#endif
