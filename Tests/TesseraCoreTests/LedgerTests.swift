import TesseraCore
import Testing

@Suite struct LedgerTests {
  private let descriptor = OperatorDescriptor(
    name: "thrice", operatorClass: .elementWise, formula: "output[r] = 3 · input[r]",
    floatingPointOperations: Count(1, .rows), reads: [Operand("input", .vector(.rows))],
    writes: [Operand("output", .vector(.rows))])

  private func record(_ rows: Int, in ledger: Ledger) {
    ledger.record(
      descriptor, extents: [.rows: rows], mode: .inference,
      traffic: Traffic(readBytes: 5 * rows, writtenBytes: 4 * rows, updates: 1))
  }

  @Test func keptCallsAreWhatEntriesAddUp() throws {
    let ledger = Ledger(timesCalls: true, keepsCalls: true)
    ledger.resume()
    for rows in [7, 3, 11] { record(rows, in: ledger) }
    let calls = ledger.calls
    #expect(calls.map(\.floatingPointOperations) == [7, 3, 11])
    #expect(calls.map(\.least) == [7, 3, 11].map { Traffic(readBytes: 4 * $0, writtenBytes: 4 * $0) })
    #expect(calls.map(\.traffic.byteCount) == [63, 27, 99])
    #expect(calls.allSatisfy { $0.descriptor == descriptor })
    let entry = try #require(ledger.entries["thrice"])
    #expect(entry.calls == 3 && entry.floatingPointOperations == 21)
    #expect(entry.leastBytes == 168 && entry.traffic.byteCount == 189)
    #expect(entry.nanoseconds == calls.reduce(0) { $0 + $1.nanoseconds })
    ledger.pause()
    record(1, in: ledger)
    #expect(ledger.calls.count == 3)
    ledger.reset()
    #expect(ledger.calls.isEmpty && ledger.entries.isEmpty)
  }

  @Test func othersKeepNone() {
    let ledger = Ledger()
    record(7, in: ledger)
    #expect(ledger.calls.isEmpty && ledger.entries["thrice"]?.calls == 1 && ledger.entries["thrice"]?.nanoseconds == 0)
  }
}
