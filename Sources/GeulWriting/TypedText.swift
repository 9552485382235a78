internal import GeulText

/// Returns the text of bytes that were typed or pasted.
///
/// Line breaks become line feeds; terminals send those of a paste as carriage returns. Invalid UTF-8 and control
/// characters other than tabs are ignored.
package func typedText(_ bytes: some Sequence<UInt8>) -> String {
  var decoder = UTF8Assembler()
  var text = String.UnicodeScalarView()
  var last: Unicode.Scalar?
  for scalar in bytes.flatMap({ Array(decoder.append($0).unicodeScalars) }) {
    switch scalar {
    case "\n" where last == "\r": break
    case "\n", "\r": text.append("\n")
    case "\t": text.append("\t")
    case "\u{FFFD}": break  // stands for invalid UTF-8
    case _ where scalar.properties.generalCategory == .control: break
    default: text.append(scalar)
    }
    last = scalar
  }
  return String(text)
}
