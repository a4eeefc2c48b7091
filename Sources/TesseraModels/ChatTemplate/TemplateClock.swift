#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The local time for `strftime_now`.
enum TemplateClock {
  private static let letters = Set("aAbBcdDeFHIjmMpRSTuUVwWxXyYzZ%")

  /// Now in the C library's format; nil for a format with a letter that is not known, or a long one.
  static func now(_ format: String) -> String? {
    var seconds = time(nil)
    var parts = tm()
    guard isKnown(format), localtime_r(&seconds, &parts) != nil else { return nil }
    return text(format, parts)
  }

  static func isKnown(_ format: String) -> Bool {
    guard format.utf8.count <= 200, !format.utf8.contains(0) else { return false }
    var rest = format[...]
    while let sign = rest.firstIndex(of: "%") {
      rest = rest[rest.index(after: sign)...]
      if rest.first == "-" { rest.removeFirst() }
      guard let letter = rest.popFirst(), letters.contains(letter) else { return false }
    }
    return true
  }

  static func text(_ format: String, _ parts: tm) -> String? {
    guard !format.isEmpty else { return "" }
    var parts = parts
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16384) { buffer in
      let count = strftime(buffer.baseAddress!, buffer.count, format, &parts)
      return count == 0 ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
