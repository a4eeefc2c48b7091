import Tessera

extension PartsBenchResult {
  /// The result for people: a line for each part, and one for all together where there are several.
  public var text: String {
    let sizes = Extent.allCases.compactMap { extent in
      extents[extent.rawValue].flatMap { $0 == 0 ? nil : "\(extent.rawValue) \($0)" }
    }
    let calls = [pass?.text, sequencesApart.map { "\(counted($0, "sequence")) apart" }].compactMap { $0 }
    return [
      "\(([whole.operator] + calls).joined(separator: ", ")): \((sizes + options.words).joined(separator: ", "))",
      "\(counted(threads, "thread")), \(isa.rawValue), \(isWarm ? "warm" : "cold"), "
        + "\(counted(runs, "run")); FMA peak \(Number.fixed(peakGflops, 1)) GFLOP/s", "",
      TextTable(usesTerminalCodes: false).lines(table).joined(separator: "\n"), "",
      "steadiness \(steadiness.text)",
    ].joined(separator: "\n")
  }

  private var table: Table {
    Table(
      title: "", groups: [],
      columns: [.init("operator", isText: true)]
        + ["µs", "min", "max", "share %", "GFLOP/s", "% of peak", "GB/s", "Q MB", "D MB", "MUE %"].map { .init($0) },
      rows: parts.map { cells($0.operator, $0) }, totals: parts.count > 1 ? [cells("together", whole)] : [])
  }

  private func cells(_ name: String, _ figures: Figures) -> [Table.Cell] {
    let numbers: [(Double, Int)] = [
      (figures.medianMicroseconds, 1), (figures.minimumMicroseconds, 1), (figures.maximumMicroseconds, 1),
      (figures.timePercent, 2), (figures.gflops, 1), (figures.percentOfPeak, 1), (figures.gigabytesPerSecond, 1),
    ]
    return [Table.Cell(name)] + numbers.map { Table.Cell(Number.fixed($0, $1)) } + [
      Table.Cell(Number.megabytes(figures.leastBytes)),
      Table.Cell((figures.modelled ? "~" : "") + Number.megabytes(figures.bytes)),
      Table.Cell(Number.fixed(figures.mue, 1)),
    ]
  }
}
