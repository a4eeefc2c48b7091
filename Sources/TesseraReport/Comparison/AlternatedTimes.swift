import Tessera

/// Two ways of the same call in turn, each first in every other pair: slow minutes of a shared machine fall on both.
struct AlternatedTimes {
  /// Microseconds, a pair an index.
  private(set) var first: [Double] = []
  private(set) var second: [Double] = []

  /// Two pairs that are not timed go before. `prepare` is called before each pair with its number. Throws for fewer
  /// than one pair.
  init(
    pairs: Int, first runFirst: () throws(TesseraError) -> Void, second runSecond: () throws(TesseraError) -> Void,
    prepare: (Int) -> Void = { _ in }
  ) throws(TesseraError) {
    guard pairs >= 1 else {
      throw .invalidOperand(operation: "comparison", operand: "pairs", expected: "1 or more", actual: "\(pairs)")
    }
    for _ in 0..<2 {
      try runFirst()
      try runSecond()
    }
    for pair in 0..<pairs {
      prepare(pair)
      if pair.isMultiple(of: 2) {
        first.append(try Self.microseconds(runFirst))
        second.append(try Self.microseconds(runSecond))
      } else {
        second.append(try Self.microseconds(runSecond))
        first.append(try Self.microseconds(runFirst))
      }
    }
  }

  /// Median over the pairs of first / second.
  var medianRatio: Double { RunStatistics(zip(first, second).map { $0 / max($1, 1e-3) }).median }

  private static func microseconds(_ run: () throws(TesseraError) -> Void) throws(TesseraError) -> Double {
    let start = monotonicNanoseconds()
    try run()
    return Double(monotonicNanoseconds() - start) / 1e3
  }
}
