import ArgumentParser
import Foundation

/// What commands without tables print.
enum PlainFormat: String, CaseIterable, ExpressibleByArgument {
  case text, json
}

/// The value as JSON for people and programs alike: keys sorted, indented.
func json(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
