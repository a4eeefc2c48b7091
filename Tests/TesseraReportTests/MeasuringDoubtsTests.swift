import TesseraReport
import Testing

/// When a page warns of its own times.
@Suite struct MeasuringDoubtsTests {
  @Test func fewRuns() {
    #expect(MeasuringDoubts.all(runs: 5, spreads: []).isEmpty)
    #expect(MeasuringDoubts.all(runs: 4, spreads: [])[0].contains("of only 4 runs"))
    #expect(MeasuringDoubts.all(runs: 1, spreads: [])[0].contains("of only 1 run,"))
  }

  /// The worst is named, with its spread.
  @Test func largeSpreads() {
    #expect(MeasuringDoubts.all(runs: 9, spreads: [("a", 0.3), ("b", 0)]).isEmpty)
    let doubts = MeasuringDoubts.all(runs: 9, spreads: [("a", 0.31), ("b", 1.5), ("c", 0.4)])
    #expect(doubts.count == 1 && doubts[0].contains("those of b by 150 %"))
    #expect(MeasuringDoubts.all(runs: 1, spreads: [("a", 2)]).count == 2)
  }
}
