import Tessera

extension ReportTables {
  /// Table A.1.
  static func operators(_ report: LayerReport) -> Table {
    Table(
      title: "Table A.1. Operators; GFLOP, millions of elements, microseconds, per cent",
      groups: [
        .init(title: "", columns: 5), .init(title: "unfused", columns: 3), .init(title: "fused", columns: 8),
        .init(title: "paper: PyTorch", columns: 2), .init(title: "paper: fused", columns: 5),
      ],
      columns: [
        .init("", isText: true), .init("operator", isText: true), .init("GFLOP"), .init("in"), .init("out"),
        .init("µs"), .init("%peak", mayBeBold: true), .init("MUE", mayBeBold: true),
        .init("kernel", isText: true), .init("µs"), .init("%peak", mayBeBold: true), .init("MUE", mayBeBold: true),
        .init("Q/D"), .init("B/B̂"), .init("B̂ of", isText: true), .init("speedup"),
        .init("µs"), .init("%peak"), .init("kernel", isText: true), .init("µs"), .init("%peak"), .init("MUE"),
        .init("speedup"),
      ],
      rows: report.rows.map { operatorRow($0, MicrosecondFormat(report)) },
      totals: report.fused.map { totalRow($0, report) },
      notes: [
        "Bold (* where there is none): the larger of % of peak and MUE, which says what bounds the operator.",
        "~ modelled: bytes inside OpenBLAS cannot be counted and are taken as Q.",
        "^ above 100 %: the data stayed in cache, or the machine was busier while its peaks were measured.",
        "MUE = Q/(t·B̂) = Q/D · B/B̂. A fused kernel's figures stand on the last row that it fuses, its label on all.",
        "TILED/SM: two ways of attention, a sequence and a line of totals each; on gamma stand TILED's figures, on softmax SM's.",
      ])
  }

  private static func operatorRow(_ row: ReportRow, _ microseconds: MicrosecondFormat) -> [Table.Cell] {
    var cells: [Table.Cell] = [
      Table.Cell(row.operatorClass.mark), Table.Cell(row.name), Table.Cell(Number.fixed(row.gflop, 3)),
      Table.Cell(Number.millions(row.inputElements)), Table.Cell(Number.millions(row.outputElements)),
      Table.Cell(microseconds(row.unfused.microseconds)), peakShare(row.unfused), mue(row.unfused),
      kernels(row),
    ]
    if let fused = row.fused {
      cells += [
        Table.Cell(microseconds(fused.microseconds)), peakShare(fused), mue(fused),
        Table.Cell(Number.fixed(fused.dataRatio, 3)), Table.Cell(Number.fixed(fused.bandwidthRatio, 3)),
        Table.Cell(fused.bandwidthKind.rawValue), Table.Cell(Number.fixed(fused.speedup ?? 0, 2)),
      ]
    } else {
      cells += Array(repeating: "", count: 7)
    }
    return cells + paperCells(row.paper)
  }

  private static func paperCells(_ paper: PaperRow?) -> [Table.Cell] {
    guard let paper else { return Array(repeating: "", count: 7) }
    func figure(_ value: Double?, _ decimals: Int) -> Table.Cell {
      Table.Cell(value.map { Number.fixed($0, decimals) } ?? "")
    }
    return [
      figure(paper.pytorchMicroseconds, 0), figure(paper.pytorchPercentOfPeak, 1), Table.Cell(paper.kernel ?? ""),
      figure(paper.ours?.microseconds, 0), figure(paper.ours?.percentOfPeak, 1), figure(paper.ours?.mue, 0),
      figure(paper.ours?.speedup, 2),
    ]
  }

  private static func totalRow(_ fused: FusedFigures, _ report: LayerReport) -> [Table.Cell] {
    var cells: [Table.Cell] = Array(repeating: "", count: 23)
    let (paper, microseconds) = (report.rows.compactMap(\.paper), MicrosecondFormat(report))
    cells[1] = "total"
    cells[2] = Table.Cell(Number.fixed(report.rows.reduce(0) { $0 + $1.gflop }, 3))
    cells[5] = Table.Cell(microseconds(fused.totals.unfusedMicroseconds))
    cells[8] = Table.Cell(fused.label)
    cells[9] = Table.Cell(microseconds(fused.totals.fusedMicroseconds))
    cells[15] = Table.Cell(Number.fixed(fused.totals.speedup, 2))
    cells[16] = Table.Cell(Number.fixed(paper.reduce(0) { $0 + $1.pytorchMicroseconds }, 0))
    cells[19] = Table.Cell(Number.fixed(paper.reduce(0) { $0 + ($1.ours?.microseconds ?? 0) }, 0))
    return cells
  }

  /// Labels of a row; more than one where sequences differ.
  static func kernels(_ row: ReportRow) -> Table.Cell { Table.Cell(row.kernels.joined(separator: "/")) }

  private static func peakShare(_ figures: KernelFigures) -> Table.Cell {
    Table.Cell(aboveMark(figures.percentOfPeak) + Number.fixed(figures.percentOfPeak, 1), bold: figures.isComputeBound)
  }

  static func mue(_ figures: KernelFigures) -> Table.Cell {
    let marks = (figures.modelled ? "~" : "") + aboveMark(figures.mue)
    return Table.Cell(marks + Number.fixed(figures.mue, 1), bold: !figures.isComputeBound)
  }

  private static func aboveMark(_ percent: Double) -> String { percent > 100 ? "^" : "" }
}
