#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Whole files through the C library, which spares the package all of Foundation.
enum MatrixMarketStorage {
  /// The bytes of a file.
  static func read(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw failure(path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    let chunk = 1 << 20
    while true {
      let count = bytes.count
      bytes.append(contentsOf: repeatElement(0, count: chunk))
      let read = bytes.withUnsafeMutableBytes { buffer in
        fread(buffer.baseAddress.map { $0 + count }, 1, chunk, file)
      }
      bytes.removeLast(chunk - read)
      if read < chunk { break }
    }
    guard ferror(file) == 0 else { throw failure(path) }
    return bytes
  }

  /// Writes a file, or replaces it.
  static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "wb") else { throw failure(path) }
    var text = text
    let isWritten = text.withUTF8 { bytes in
      fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count
    }
    let isClosed = fclose(file) == 0
    guard isWritten && isClosed else { throw failure(path) }
  }

  /// The failure that the C library has just reported.
  private static func failure(_ path: String) -> MatrixMarketError {
    MatrixMarketError(.inaccessible(path: path, reason: String(cString: strerror(errno))))
  }
}
