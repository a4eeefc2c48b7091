import Tessera

/// What one operator did in a run, from a ledger that times calls.
public struct OperatorLedgerFigures: Encodable, Sendable {
  public var name: String
  public var calls: Int
  public var microseconds: Double
  /// D.
  public var bytes: Int
  /// Q.
  public var leastBytes: Int
  /// Whether some of D was taken as Q.
  public var modelled: Bool
  /// Q / (t · B̂), in per cent; above 100 the data was in a cache.
  public var mue: Double
  public var percentOfPeak: Double

  /// Operators, the longest first.
  public static func figures(_ entries: [String: Ledger.Entry], _ peaks: MachinePeaks) -> [OperatorLedgerFigures] {
    entries.map { OperatorLedgerFigures($0, $1, peaks) }.sorted {
      ($1.microseconds, $0.name) < ($0.microseconds, $1.name)
    }
  }

  private init(_ name: String, _ entry: Ledger.Entry, _ peaks: MachinePeaks) {
    // Q's part that is read is taken as D's is: a ledger keeps only their sum.
    let moved = entry.traffic.byteCount
    let readShare = moved == 0 ? 1 : Double(entry.traffic.readBytes) / Double(moved)
    let leastRead = Int(Double(entry.leastBytes) * readShare)
    let efficiency = Efficiency(
      nanoseconds: Double(entry.nanoseconds), floatingPointOperations: entry.floatingPointOperations,
      least: Traffic(readBytes: leastRead, writtenBytes: entry.leastBytes - leastRead), movedBytes: moved,
      dropoutDecisions: 0, peaks: peaks)
    self.name = name
    calls = entry.calls
    microseconds = Double(entry.nanoseconds) / 1000
    bytes = moved
    leastBytes = entry.leastBytes
    modelled = entry.isModelled
    mue = efficiency.mue
    percentOfPeak = efficiency.percentOfPeak
  }

  /// A table in aligned plain text.
  public static func table(_ title: String, _ figures: [OperatorLedgerFigures]) -> String {
    let table = Table(
      title: title, groups: [],
      columns: [
        .init("operator", isText: true), .init("calls"), .init("µs"), .init("D / MB"), .init("Q / MB"), .init("MUE %"),
        .init("% of peak"),
      ],
      rows: figures.map {
        [
          .init($0.name + ($0.modelled ? " (D = Q)" : "")), .init("\($0.calls)"),
          .init(Number.fixed($0.microseconds, 0)),
          .init(Number.megabytes($0.bytes)), .init(Number.megabytes($0.leastBytes)), .init(Number.fixed($0.mue, 0)),
          .init(Number.fixed($0.percentOfPeak, 1)),
        ]
      })
    return TextTable(usesTerminalCodes: false).render(table)
  }
}
