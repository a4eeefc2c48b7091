import Tessera

extension ReportTables {
  /// The sequence in which all rides on the products; nil where it did not run.
  static func full(_ report: LayerReport) -> Table? {
    guard let full = report.full else { return nil }
    return Table(
      title: "Full fusion: products with all that follows them; MB (1e6), microseconds, per cent",
      groups: [.init(title: "", columns: 3), .init(title: "full", columns: 11)],
      columns: [
        figure("", "class", isText: true), figure("operator", "operator", isText: true),
        figure("kernel", "fullKernel", isText: true), figure("µs", "full.microseconds"),
        figure("%peak", "full.percentOfPeak", mayBeBold: true), figure("MUE", "full.mue", mayBeBold: true),
        figure("Q", "full.leastBytes"), figure("D", "full.bytes"), figure("Q/D", "full.dataRatio"),
        figure("B/B̂", "full.bandwidthRatio"), figure("B̂ of", "full.bandwidthKind", isText: true),
        figure("spread %", "full.spread"), figure("speedup", "full.speedup"), .init("of paper's"),
      ],
      rowNames: report.rows.map(\.id), rows: rows(report),
      totals: [totalRow(full, report)],
      notes: [
        "A kernel's figures stand on the last row that it covers, its label on all.",
        "speedup: time of the unfused rows over the kernel's."
          + (report.fused.count == 1
            ? " of paper's: time of the paper's sequence over that of the kernels here, on the rows since the last "
              + "such figure, where kernels of both have ended." : ""),
      ] + KernelLabels.notes(Set(report.rows.compactMap(\.fullKernel)))
    ).withoutEmptyColumns
  }

  private static func rows(_ report: LayerReport) -> [[Table.Cell]] {
    let microseconds = MicrosecondFormat(report)
    return report.rows.map { row in
      var cells = [Table.Cell(row.operatorClass.mark), Table.Cell(row.name), Table.Cell(row.fullKernel ?? "")]
      guard let full = row.full else { return cells + Array(repeating: "", count: 11) }
      cells += [
        Table.Cell(microseconds(full.microseconds)), peakShare(full), mue(full),
        Table.Cell(Number.megabytes(full.leastBytes)), Table.Cell(Number.megabytes(full.bytes)),
        Table.Cell(Number.fixed(full.dataRatio, 3)), Table.Cell(Number.fixed(full.bandwidthRatio, 3)),
        Table.Cell(full.bandwidthKind.rawValue), Table.Cell(Number.fixed(full.spread * 100, 1)),
        Table.Cell(Number.fixed(full.speedup ?? 0, 2)),
        row.paperOverFull.map { Table.Cell(Number.fixed($0, 2)) } ?? "",
      ]
      return cells
    }
  }

  private static func totalRow(_ full: FusedFigures, _ report: LayerReport) -> [Table.Cell] {
    var cells: [Table.Cell] = Array(repeating: "", count: 14)
    cells[1] = "total"
    cells[2] = Table.Cell(full.label)
    cells[3] = Table.Cell(MicrosecondFormat(report)(full.totals.fusedMicroseconds))
    cells[6] = Table.Cell(Number.megabytes(full.totals.fusedLeastBytes))
    cells[7] = Table.Cell(Number.megabytes(full.totals.fusedBytes))
    cells[12] = Table.Cell(Number.fixed(full.totals.speedup, 2))
    if report.fused.count == 1 {
      cells[13] = Table.Cell(
        Number.fixed(report.fused[0].totals.fusedMicroseconds / full.totals.fusedMicroseconds, 2))
    }
    return cells
  }
}
