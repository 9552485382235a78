import GeulExchange
import Testing

/// The wire format of Protocol Buffers and the checksums, compared with published examples.
struct ProtobufTests {
  @Test func `integers, strings and messages have the bytes of the documentation's examples`() {
    // https://protobuf.dev/programming-guides/encoding/
    var integer = ProtobufMessage()
    integer.add(1, 150)
    #expect(integer.bytes == [0x08, 0x96, 0x01])
    var string = ProtobufMessage()
    string.add(2, "testing")
    #expect(string.bytes == [0x12, 0x07] + Array("testing".utf8))
    var outer = ProtobufMessage()
    outer.add(3, integer)
    #expect(outer.bytes == [0x1A, 0x03, 0x08, 0x96, 0x01])
  }

  @Test func `negative integers have ten bytes, high field numbers two`() {
    var message = ProtobufMessage()
    message.add(16, -2)
    #expect(
      message.bytes
        == [0x80, 0x01, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01])
    var limits = ProtobufMessage()
    limits.add(1, 0)
    limits.add(1, 127)
    limits.add(1, 128)
    limits.add(1, Int.max)
    #expect(
      limits.bytes
        == [0x08, 0x00, 0x08, 0x7F, 0x08, 0x80, 0x01]
        + [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
  }

  @Test func `floating-point numbers are little-endian`() {
    var message = ProtobufMessage()
    message.add(2, 1.5 as Float)
    message.add(1, -2.0 as Double)
    #expect(message.bytes == [0x15, 0, 0, 0xC0, 0x3F, 0x09, 0, 0, 0, 0, 0, 0, 0, 0xC0])
  }

  @Test func `long strings have their length in several bytes`() {
    var message = ProtobufMessage()
    message.add(1, bytes: [UInt8](repeating: 7, count: 300))
    #expect(message.bytes.prefix(3) == [0x0A, 0xAC, 0x02])
    #expect(message.bytes.count == 303)
  }

  @Test func `checksums equal the check values of the catalog of CRC algorithms`() {
    // https://reveng.sourceforge.io/crc-catalogue/all.htm: CRC-32/ISO-HDLC and CRC-32/ISCSI
    let digits = Array("123456789".utf8)
    #expect(CRC32.zip.checksum(of: digits) == 0xCBF4_3926)
    #expect(CRC32.castagnoli.checksum(of: digits) == 0xE306_9283)
    // RFC 3720, appendix B.4
    #expect(
      CRC32.castagnoli.checksum(of: [UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32.zip.checksum(of: []) == 0)
  }
}
