import Foundation

/// Numbers as the tables print them: a point, no grouping, whatever the locale.
enum Number {
  static func fixed(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }

  /// As many decimals as leave about four digits to read: rows of a tiny layer take a few microseconds, those of
  /// BERT-large tens of thousands.
  static func microseconds(_ value: Double) -> String { fixed(value, value < 10_000 ? 1 : 0) }

  static func millions(_ count: Int) -> String { fixed(Double(count) / 1e6, 3) }

  static func megabytes(_ bytes: Int) -> String { fixed(Double(bytes) / 1e6, 3) }
}
