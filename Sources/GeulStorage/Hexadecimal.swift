extension String {
  /// Creates the hexadecimal representation of an integer, padded with zeros to at least `digits` digits.
  package init(hexadecimal value: some BinaryInteger, digits: Int, uppercase: Bool = false) {
    let number = String(value, radix: 16, uppercase: uppercase)
    self = String(repeating: "0", count: Swift.max(0, digits - number.utf8.count)) + number
  }
}
