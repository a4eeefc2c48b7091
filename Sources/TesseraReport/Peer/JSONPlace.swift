import Tessera

/// A value of a JSON file together with where it stands, so that every error names file, key, expected and actual.
struct JSONPlace {
  let file: String
  /// The way to the value, as `settings[0].rows[3].id`; empty at the top.
  let key: String
  let value: JSONValue

  func failure(expected: String) -> TesseraError { failure(expected: expected, actual: value.summary) }

  func failure(expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: file, operand: key.isEmpty ? "the file" : key, expected: expected, actual: actual)
  }

  /// The member of that name. Throws where it is missing.
  subscript(name: String) -> JSONPlace {
    get throws(TesseraError) {
      let members = try object()
      guard let member = members[name] else {
        throw place(name, .null).failure(expected: "a value", actual: "no such key")
      }
      return place(name, member)
    }
  }

  func object() throws(TesseraError) -> [String: JSONValue] {
    guard case .object(let members) = value else { throw failure(expected: "an object") }
    return members
  }

  /// Name and place of each member, in the order of their names.
  func members() throws(TesseraError) -> [(name: String, place: JSONPlace)] {
    try object().sorted { $0.key < $1.key }.map { ($0.key, place($0.key, $0.value)) }
  }

  func elements() throws(TesseraError) -> [JSONPlace] {
    guard case .array(let elements) = value else { throw failure(expected: "a list") }
    return elements.enumerated().map { JSONPlace(file: file, key: "\(key)[\($0.offset)]", value: $0.element) }
  }

  func string() throws(TesseraError) -> String {
    guard case .string(let text) = value, text.isPlainAndShort else {
      throw failure(expected: "a string of at most 200 characters without control characters")
    }
    return text
  }

  func number() throws(TesseraError) -> Double {
    guard case .number(let number) = value, number.isFinite else { throw failure(expected: "a number") }
    return number
  }

  /// More than 0, and less than a year, so that sums and ratios of them stay finite.
  func microseconds() throws(TesseraError) -> Double {
    guard case .number(let number) = value, number > 0, number < 3.2e13 else {
      throw failure(expected: "microseconds, more than 0")
    }
    return number
  }

  func count() throws(TesseraError) -> Int {
    guard case .number(let number) = value, let count = Int(exactly: number), count >= 1 else {
      throw failure(expected: "a whole number, 1 or more")
    }
    return count
  }

  private func place(_ name: String, _ value: JSONValue) -> JSONPlace {
    JSONPlace(file: file, key: key.isEmpty ? name : "\(key).\(name)", value: value)
  }
}
