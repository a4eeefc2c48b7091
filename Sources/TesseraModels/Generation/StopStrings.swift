/// Looks for stop strings in text that comes piece by piece, and holds back what may be the beginning of one.
struct StopStrings {
  private let strings: [[UInt8]]
  private var held: [UInt8] = []

  /// Empty strings are left out: they would end every text before it begins.
  init(_ strings: [String]) { self.strings = strings.map { Array($0.utf8) }.filter { !$0.isEmpty } }

  /// The text that is certain now, and whether a stop string has ended it.
  mutating func append(_ text: String) -> (text: String, isStopped: Bool) {
    held += text.utf8
    for start in held.indices where strings.contains(where: { held[start...].starts(with: $0) }) {
      defer { held = [] }
      return (String(decoding: held[..<start], as: UTF8.self), true)
    }
    // A stop string is whole characters, so that what is before one is too.
    let end = held.indices.first { start in strings.contains { $0.starts(with: held[start...]) } } ?? held.endIndex
    defer { held.removeFirst(end) }
    return (String(decoding: held[..<end], as: UTF8.self), false)
  }

  /// What is left when nothing comes any more.
  mutating func finish() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }
}
