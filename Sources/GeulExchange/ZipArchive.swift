/// A zip archive of files that are stored without compression.
///
/// The bytes depend only on the names and contents: each file has the date 1980-01-01. Source: APPNOTE.TXT of PKWARE,
/// version 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
package struct ZipArchive {
  /// The largest size of an archive without the extension zip64, in bytes.
  static let sizeLimit = Int(UInt32.max)

  private var contents: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0

  /// Creates an empty archive.
  package init() {}

  /// Appends a file.
  ///
  /// - Precondition: The size of the archive stays below `sizeLimit`, and there are fewer than 65,536 files.
  package mutating func add(_ name: String, _ bytes: [UInt8]) {
    let offset = contents.count
    // What the header of the file and its entry in the directory have in common.
    var common: [UInt8] = []
    common.append(littleEndian: 20 as UInt16)  // version 2.0
    common.append(littleEndian: 0x0800 as UInt16)  // the name is UTF-8
    common.append(littleEndian: 0 as UInt16)  // stored
    common.append(littleEndian: 0 as UInt16)  // 00:00
    common.append(littleEndian: 1 << 5 | 1 as UInt16)  // January 1, 1980
    common.append(littleEndian: CRC32.zip.checksum(of: bytes))
    common.append(littleEndian: UInt32(bytes.count))
    common.append(littleEndian: UInt32(bytes.count))
    common.append(littleEndian: UInt16(name.utf8.count))
    common.append(littleEndian: 0 as UInt16)  // no extra field
    contents.append(littleEndian: 0x0403_4B50 as UInt32)
    contents += common
    contents += name.utf8
    contents += bytes
    directory.append(littleEndian: 0x0201_4B50 as UInt32)
    directory.append(littleEndian: 20 as UInt16)  // made by version 2.0
    directory += common
    directory.append(littleEndian: 0 as UInt16)  // no comment
    directory.append(littleEndian: 0 as UInt16)  // disk 0
    directory.append(littleEndian: 0 as UInt16)  // internal attributes
    directory.append(littleEndian: 0 as UInt32)  // external attributes
    directory.append(littleEndian: UInt32(offset))
    directory += name.utf8
    count += 1
  }

  /// The bytes of the archive.
  package var bytes: [UInt8] {
    var end: [UInt8] = []
    end.append(littleEndian: 0x0605_4B50 as UInt32)
    end.append(littleEndian: 0 as UInt16)  // this disk
    end.append(littleEndian: 0 as UInt16)  // the disk of the directory
    end.append(littleEndian: UInt16(count))
    end.append(littleEndian: UInt16(count))
    end.append(littleEndian: UInt32(directory.count))
    end.append(littleEndian: UInt32(contents.count))
    end.append(littleEndian: 0 as UInt16)  // no comment
    return contents + directory + end
  }
}
