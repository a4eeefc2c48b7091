import Tessera

/// Why a reader should not lean on a report's times, in words; nothing where they were many and close together.
package enum MeasuringDoubts {
  /// Below it one slow run in the middle is the median.
  package static let fewRuns = 5
  /// (maximum − minimum) / median above which differences of a tenth or so say nothing.
  package static let largeSpread = 0.3

  package static func all(runs: Int, spreads: [(what: String, spread: Double)]) -> [String] {
    var doubts: [String] = []
    if runs < fewRuns {
      doubts.append(
        "each time is the median of only \(counted(runs, "run")), where \(fewRuns) are the least that "
          + "say much."
      )
    }
    if let worst = spreads.max(by: { $0.spread < $1.spread }), worst.spread > largeSpread {
      doubts.append(
        "times of the same work lay far apart, those of \(worst.what) by \(Number.fixed(worst.spread * 100, 0)) % of "
          + "their median: someone else used the machine, and small differences say nothing.")
    }
    return doubts
  }
}

extension LayerReport {
  var doubts: [String] {
    let spreads = sequences.flatMap {
      [
        ("the unfused sequence", $0.endToEnd.unfusedSpread),
        ("the fused sequence, \($0.label)", $0.endToEnd.fusedSpread),
      ]
    }
    return MeasuringDoubts.all(runs: runs, spreads: spreads)
  }
}

extension TokenSweep {
  var doubts: [String] {
    MeasuringDoubts.all(runs: runs, spreads: points.map { (counted($0.tokens, "token"), $0.spread) })
  }
}

extension DecoderReport {
  var doubts: [String] { MeasuringDoubts.all(runs: runs, spreads: [("the whole pass", totals.measuredSpread)]) }
}
