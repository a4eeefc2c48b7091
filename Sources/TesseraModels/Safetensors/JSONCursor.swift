/// The parts of JSON (RFC 8259) that a safetensors header consists of, read from a file's bytes. Nothing here calls
/// itself, so that no nesting can exhaust the stack; what is not expected is an error and not skipped.
extension ByteCursor {
  mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { _ = take(byte) }
  }

  /// Passes over white space, and over this byte if it is the next; whether it was.
  mutating func takeToken(_ token: Unicode.Scalar) -> Bool {
    skipSpace()
    return take(UInt8(ascii: token))
  }

  mutating func expectToken(_ token: Unicode.Scalar, _ subject: @autoclosure () -> String) throws(ModelFileError) {
    guard takeToken(token) else { throw failure(subject(), expected: "\"\(token)\"", actual: nextDescription) }
  }

  /// An object's members. `member` is given each key and its place, and reads the value.
  mutating func jsonObject(
    _ subject: @autoclosure () -> String,
    member: (inout ByteCursor, String, Int) throws(ModelFileError) -> Void
  ) throws(ModelFileError) {
    try expectToken("{", subject())
    guard !takeToken("}") else { return }
    repeat {
      let (key, place) = try jsonString("\(subject()): key")
      try expectToken(":", subject())
      try member(&self, key, place)
    } while takeToken(",")
    try expectToken("}", subject())
  }

  /// An array of numbers that are integers, 0 or more.
  mutating func jsonIntegers(
    _ subject: @autoclosure () -> String, most: Int
  ) throws(ModelFileError) -> [Int] {
    try expectToken("[", subject())
    guard !takeToken("]") else { return [] }
    var numbers: [Int] = []
    repeat {
      guard numbers.count < most else {
        throw failure(subject(), expected: "at most \(most) numbers", actual: "more")
      }
      numbers.append(try jsonInteger(subject()))
    } while takeToken(",")
    try expectToken("]", subject())
    return numbers
  }

  private mutating func jsonInteger(_ subject: @autoclosure () -> String) throws(ModelFileError) -> Int {
    skipSpace()
    let place = offset
    var number = 0
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      let (tens, tooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, larger) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !tooLarge, !larger else {
        throw failure(subject(), at: place, expected: "at most \(Int.max)", actual: "a larger number")
      }
      number = sum
      _ = take(byte)
    }
    guard offset > place, offset == place + 1 || file.bytes[place] != UInt8(ascii: "0") else {
      throw failure(subject(), at: place, expected: "an integer, 0 or more", actual: nextDescription)
    }
    return number
  }

  /// A string and the place of its first quotation mark.
  mutating func jsonString(
    _ subject: @autoclosure () -> String
  ) throws(ModelFileError) -> (text: String, place: Int) {
    try expectToken("\"", subject())
    let place = offset - 1
    var units: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else {
        throw failure(subject(), expected: "no control characters", actual: "byte \(byte)")
      }
      _ = take(byte)
      if byte == UInt8(ascii: "\\") { try jsonEscape(into: &units, subject()) } else { units.append(byte) }
    }
    try expectToken("\"", subject())
    guard let text = String(validating: units, as: UTF8.self) else {
      throw failure(subject(), at: place, expected: "UTF-8", actual: "other bytes")
    }
    return (text, place)
  }

  /// What follows a backslash.
  private mutating func jsonEscape(
    into units: inout [UInt8], _ subject: @autoclosure () -> String
  ) throws(ModelFileError) {
    let place = offset
    for (letter, byte) in Self.escapes where take(letter) { return units.append(byte) }
    guard take(UInt8(ascii: "u")) else {
      throw failure(subject(), expected: "a letter after a backslash", actual: nextDescription)
    }
    var code = try jsonHexadecimal(subject())
    if (0xd800..<0xdc00).contains(code), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let low = try jsonHexadecimal(subject())
      // Any other second half leaves a code that is no scalar.
      if (0xdc00..<0xe000).contains(low) { code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00) }
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw failure(subject(), at: place, expected: "a character or both halves of one", actual: "half of one")
    }
    units.append(contentsOf: UTF8.encode(scalar)!)
  }

  private static let escapes: [(UInt8, UInt8)] =
    zip("\"\\/bfnrt".utf8, "\"\\/\u{8}\u{c}\n\r\t".utf8).map { ($0, $1) }

  private mutating func jsonHexadecimal(_ subject: @autoclosure () -> String) throws(ModelFileError) -> UInt32 {
    let start = try skip(4, subject())
    let digits = file.bytes[start..<start + 4]
    guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw failure(subject(), at: start, expected: "four hexadecimal digits", actual: "others") }
    return number
  }

  private var nextDescription: String {
    guard let next else { return "the end" }
    return (0x21..<0x7f).contains(next) ? "\"\(Unicode.Scalar(next))\"" : "byte \(next)"
  }
}
