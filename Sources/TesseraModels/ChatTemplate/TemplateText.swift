/// A string of a template: code points, as Python counts them, each of which remembers whether a message wrote it.
///
/// A message's code points stay marked through whatever the template does with them (`trim`, `split`, `replace`, …), so
/// that a control token which a message spells is found to be text when the rendering becomes tokens.
struct TemplateText: Hashable, Sendable {
  static let contentBit: UInt32 = 1 << 31
  /// Code points; those of messages have `contentBit` set.
  var units: [UInt32]
  /// Whether the filter `safe` gave it: Jinja escapes what is added to such a string.
  var isMarkup = false

  init(units: some Sequence<UInt32>, isMarkup: Bool = false) {
    self.units = Array(units)
    self.isMarkup = isMarkup
  }

  init() { units = [] }

  init(_ text: some StringProtocol, isContent: Bool = false) {
    let mark = isContent ? Self.contentBit : 0
    units = text.unicodeScalars.map { $0.value | mark }
  }

  static func codePoint(_ unit: UInt32) -> UInt32 { unit & ~contentBit }

  static func scalar(_ unit: UInt32) -> Unicode.Scalar { Unicode.Scalar(codePoint(unit)) ?? "\u{FFFD}" }

  /// Who wrote a string does not make it another one.
  static func == (a: TemplateText, b: TemplateText) -> Bool {
    a.units.count == b.units.count && zip(a.units, b.units).allSatisfy { codePoint($0) == codePoint($1) }
  }

  static func < (a: TemplateText, b: TemplateText) -> Bool {
    a.units.lexicographicallyPrecedes(b.units) { codePoint($0) < codePoint($1) }
  }

  func hash(into hasher: inout Hasher) {
    for unit in units { hasher.combine(Self.codePoint(unit)) }
  }

  var count: Int { units.count }
  var isEmpty: Bool { units.isEmpty }

  var string: String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: units.lazy.map(Self.scalar))
    return String(scalars)
  }

  /// Other code points of the same kind of string.
  func with(_ units: some Sequence<UInt32>) -> TemplateText { TemplateText(units: units, isMarkup: isMarkup) }

  mutating func append(_ other: TemplateText) { units += other.units }

  mutating func append(_ text: String) { units += text.unicodeScalars.lazy.map(\.value) }

  /// The rendering as UTF-8, and the ranges of it that messages wrote.
  var encoded: (bytes: [UInt8], contents: [Range<Int>]) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(units.count)
    var contents: [Range<Int>] = []
    for unit in units {
      let start = bytes.count
      bytes += UTF8.encode(Self.scalar(unit))!
      guard unit & Self.contentBit != 0 else { continue }
      if let last = contents.last, last.upperBound == start {
        contents[contents.count - 1] = last.lowerBound..<bytes.count
      } else {
        contents.append(start..<bytes.count)
      }
    }
    return (bytes, contents)
  }
}
