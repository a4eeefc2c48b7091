import Foundation
import Tessera

/// Numbers as the tables print them: a point, no grouping, whatever the locale.
package enum Number {
  /// What is not a number is "nan", whatever its sign.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    value.isNaN ? value.spelled : String(format: "%.\(decimals)f", value)
  }

  static func millions(_ count: Int) -> String { fixed(Double(count) / 1e6, 3) }

  static func megabytes(_ bytes: Int) -> String { fixed(Double(bytes) / 1e6, 3) }
}

/// Microseconds with the same decimals throughout a report, so that columns line up: none where rows take thousands,
/// as BERT-large's do, one where a tiny layer's take a few.
struct MicrosecondFormat {
  private let decimals: Int

  init(_ report: LayerReport) { self.init(total: report.rows.reduce(0) { $0 + $1.unfused.microseconds }) }

  /// `total`: what the report's rows add up to.
  init(total: Double) { decimals = total < 100_000 ? 1 : 0 }

  func callAsFunction(_ value: Double) -> String { Number.fixed(value, decimals) }
}
