import Foundation

/// Standard input: byte by byte, line by line, or all of it. Text must be UTF-8, and no larger than any prompt is.
enum StandardInput {
  struct Failure: Error, CustomStringConvertible {
    let expected: String
    let actual: String
    var description: String { "standard input: expected \(expected), got \(actual)" }
  }

  /// More than a context of a million tokens takes.
  static let limit = 16 << 20

  /// nil at the end, or where it cannot be read.
  static func byte() -> UInt8? {
    var byte: UInt8 = 0
    while true {
      let count = read(STDIN_FILENO, &byte, 1)
      guard count < 0, errno == EINTR else { return count == 1 ? byte : nil }
    }
  }

  /// The next line without its end; nil after the last.
  static func line() throws -> String? {
    var bytes: [UInt8] = []
    var isThere = false
    while let byte = byte() {
      isThere = true
      guard byte != UInt8(ascii: "\n") else { break }
      bytes.append(byte)
      guard bytes.count <= limit else { throw tooLong }
    }
    return isThere ? try text(bytes) : nil
  }

  /// All that is left. One line break at the end, which a shell's tools add, is none of the text.
  static func all() throws -> String {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(STDIN_FILENO, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Failure(expected: "text", actual: String(cString: strerror(errno))) }
      guard count > 0 else { break }
      bytes += part[..<count]
      guard bytes.count <= limit else { throw tooLong }
    }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return try text(bytes)
  }

  private static let tooLong = Failure(expected: "at most \(limit >> 20) MiB", actual: "more")

  private static func text(_ bytes: [UInt8]) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure(expected: "UTF-8", actual: "bytes that are not")
    }
    return text
  }
}
