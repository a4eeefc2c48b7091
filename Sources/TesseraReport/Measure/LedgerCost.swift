import Tessera

/// What counting bytes costs: how often it is done in one run, and how long once takes.
public struct LedgerCost: Hashable, Sendable {
  /// Additions to a thread's counter in one run of the unfused sequence.
  public let updates: Int
  public let nanosecondsPerUpdate: Double
  /// Finished calls written into the ledger in that run.
  public let records: Int
  public let nanosecondsPerRecord: Double
  /// Both together, of the run's time. Nobody waits for another thread's counter, so threads share the updates' cost;
  /// here it is put on one thread all the same.
  public let percentOfRunTime: Double

  init(updates: Int, records: Int, runNanoseconds: Double) {
    self.updates = updates
    self.records = records
    nanosecondsPerUpdate = ledgerUpdateNanoseconds()
    nanosecondsPerRecord = Self.measuredRecord()
    percentOfRunTime =
      (Double(updates) * nanosecondsPerUpdate + Double(records) * nanosecondsPerRecord) / runNanoseconds * 100
  }

  private static func measuredRecord() -> Double {
    let ledger = Ledger()
    let extents: Extents = [.planes: 1, .rows: 1, .columns: 1]
    let repetitions = 100_000
    let start = monotonicNanoseconds()
    for _ in 0..<repetitions {
      ledger.record(
        .bias, extents: extents, mode: .training, traffic: Traffic(readBytes: 4, writtenBytes: 4, updates: 1))
    }
    return Double(monotonicNanoseconds() - start) / Double(repetitions)
  }
}
