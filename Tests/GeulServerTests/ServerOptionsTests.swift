#if Server
import GeulCommandSupport
import GeulServer
import Testing

struct ServerOptionsTests {
  @Test(arguments: [
    ("0", 0), ("1048576", 1 << 20), ("1M", 1 << 20), ("256m", 256 << 20), ("3k", 3072),
    ("2G", 2 << 30),
  ])
  func `sizes have an optional unit`(text: String, bytes: Int) {
    #expect(ByteSize(argument: text)?.bytes == bytes)
  }

  @Test(arguments: ["", "M", "-1", "1.5M", "1T", "x", "9223372036854775807K"])
  func `other texts are no sizes`(text: String) {
    #expect(ByteSize(argument: text) == nil)
  }

  @Test
  func `a size is shown with the largest unit that divides it`() {
    #expect(ByteSize(bytes: 256 << 20).defaultValueDescription == "256M")
    #expect(ByteSize(bytes: 1025).defaultValueDescription == "1025")
  }
}
#endif
