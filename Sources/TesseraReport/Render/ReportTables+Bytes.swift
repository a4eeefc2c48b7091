import Tessera

extension ReportTables {
  /// What stands behind each MUE: bytes, both factors, the bound that □ and ○ rows are held to, and the spread.
  static func bytes(_ report: LayerReport) -> Table {
    Table(
      title: "Bytes and bounds; MB (1e6), microseconds",
      groups: [
        .init(title: "", columns: 2), .init(title: "unfused", columns: 9), .init(title: "fused", columns: 4),
      ],
      columns: [
        figure("", "class", isText: true), figure("operator", "operator", isText: true),
        figure("Q", "unfused.leastBytes"), figure("D", "unfused.bytes"), figure("Q/D", "unfused.dataRatio"),
        figure("B/B̂", "unfused.bandwidthRatio"), figure("B̂ of", "unfused.bandwidthKind", isText: true),
        figure("µs", "unfused.microseconds"), figure("bound", "unfused.boundMicroseconds"), .init("µs/bound"),
        figure("spread %", "unfused.spread"),
        figure("kernel", "kernels", isText: true), figure("Q", "fused.leastBytes"), figure("D", "fused.bytes"),
        figure("spread %", "fused.spread"),
      ],
      rowNames: report.rows.map(\.id),
      rows: report.rows.map { bytesRow($0, MicrosecondFormat(report)) },
      totals: report.fused.map { totalRow($0, MicrosecondFormat(report)) },
      notes: [
        "Q: each input and output once. D: what the loops moved, as counted; ~ taken as Q, of a total some of it.",
        "bound: the larger of Q/B̂ and dropout's draws over the generator's rate.",
        "spread: (maximum − minimum) / median over the runs."
          + (report.runs == 1 ? " There was one run, so it is 0 whatever the noise." : ""),
      ]
    ).withoutEmptyColumns
  }

  private static func bytesRow(_ row: ReportRow, _ microseconds: MicrosecondFormat) -> [Table.Cell] {
    let own = row.unfused
    let bound = own.boundMicroseconds
    var cells: [Table.Cell] = [
      Table.Cell(row.operatorClass.mark), Table.Cell(row.name), Table.Cell(Number.megabytes(own.leastBytes)),
      Table.Cell((own.modelled ? "~" : "") + Number.megabytes(own.bytes)), Table.Cell(Number.fixed(own.dataRatio, 3)),
      Table.Cell(Number.fixed(own.bandwidthRatio, 3)), Table.Cell(own.bandwidthKind.rawValue),
      Table.Cell(microseconds(own.microseconds)), Table.Cell(bound.map { microseconds($0) } ?? ""),
      Table.Cell(bound.map { Number.fixed(own.microseconds / $0, 2) } ?? ""),
      Table.Cell(Number.fixed(own.spread * 100, 1)), kernels(row),
    ]
    if let fused = row.fused {
      cells += [
        Table.Cell(Number.megabytes(fused.leastBytes)),
        Table.Cell((fused.modelled ? "~" : "") + Number.megabytes(fused.bytes)),
        Table.Cell(Number.fixed(fused.spread * 100, 1)),
      ]
    } else {
      cells += Array(repeating: "", count: 3)
    }
    return cells
  }

  private static func totalRow(_ fused: FusedFigures, _ microseconds: MicrosecondFormat) -> [Table.Cell] {
    var cells: [Table.Cell] = Array(repeating: "", count: 15)
    cells[1] = "total"
    func bytes(_ sum: Int, modelled: Int) -> Table.Cell {
      Table.Cell((modelled == 0 ? "" : "~") + Number.megabytes(sum))
    }
    cells[3] = bytes(fused.totals.unfusedBytes, modelled: fused.totals.unfusedModelledBytes)
    cells[7] = Table.Cell(microseconds(fused.totals.unfusedMicroseconds))
    cells[11] = Table.Cell(fused.label)
    cells[13] = bytes(fused.totals.fusedBytes, modelled: fused.totals.fusedModelledBytes)
    return cells
  }
}
