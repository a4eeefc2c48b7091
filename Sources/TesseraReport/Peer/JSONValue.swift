import Tessera

/// JSON as it stands in a file, before anybody asks what it means.
enum JSONValue: Decodable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// What messages say: the value where it is short, else its kind.
  var summary: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): value.isPlainAndShort ? "\"\(value)\"" : "a string of \(counted(value.count, "character"))"
    case .array(let elements): "a list of \(elements.count)"
    case .object(let members): "an object of \(counted(members.count, "key"))"
    }
  }
}

extension String {
  /// Whether it can stand in a line of a report: at most 200 scalars, none of which breaks the line, turns its
  /// direction or is a terminal's command.
  var isPlainAndShort: Bool {
    // Counted in scalars: one character can be any number of combining marks.
    unicodeScalars.count <= 200
      && !unicodeScalars.contains {
        [.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
      }
  }
}
