internal import ArgumentParser

/// A number of bytes on the command line, such as `256M`.
package struct ByteSize: ExpressibleByArgument, Equatable, Sendable {
  package let bytes: Int

  package init(bytes: Int) { self.bytes = bytes }

  package init?(argument: String) {
    let factors: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    let factor = argument.last.flatMap { factors[Character($0.uppercased())] }
    guard let number = Int(factor == nil ? argument : String(argument.dropLast())), number >= 0
    else { return nil }
    let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: factor ?? 1)
    guard !isTooLarge else { return nil }
    self.bytes = bytes
  }

  package var defaultValueDescription: String {
    for (suffix, shift) in [("G", 30), ("M", 20), ("K", 10)]
    where bytes > 0 && bytes % (1 << shift) == 0 {
      return "\(bytes >> shift)\(suffix)"
    }
    return "\(bytes)"
  }
}
