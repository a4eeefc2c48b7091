import TesseraReport
import Testing

@Suite struct PaperTests {
  @Test func tableA1IsTheFixtures() throws {
    let table = try fixtureTable("paper-table-a1-forward.csv")
    #expect(table.count == PaperRow.forward.count)
    for (fields, row) in zip(table, PaperRow.forward) {
      try #require(fields.count == 13, "\(row.id)")
      #expect(Array(fields[0...2]) == [row.id, row.operatorClass.rawValue, row.name])
      let figures = [
        row.gflop, row.inputMillions, row.outputMillions, row.pytorchMicroseconds, row.pytorchPercentOfPeak,
      ]
      #expect(fields[3...7].map { Double($0) } == figures)
      let ours = [row.ours?.microseconds, row.ours?.percentOfPeak, row.ours?.mue, row.ours?.speedup]
      #expect(fields[8...11].map { Double($0) } == ours)
      #expect(fields[12] == row.kernel ?? "")
    }
  }

  @Test func table1IsTheFixtures() throws {
    let table = try fixtureTable("paper-table-1.csv")
    #expect(table.count == PaperShares.all.count)
    for (fields, shares) in zip(table, PaperShares.all) {
      #expect(fields[0] == shares.operatorClass.rawValue)
      #expect(fields[1...].map { Double($0) } == [shares.flopPercent, shares.runtimePercent])
    }
  }
}
