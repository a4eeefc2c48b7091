import Tessera

extension ReportTables {
  /// Table A.1.
  static func operators(_ report: LayerReport) -> Table {
    Table(
      title: "Table A.1. Operators; GFLOP, millions of elements, microseconds, per cent",
      groups: [
        .init(title: "", columns: 5), .init(title: "unfused", columns: 3),
        .init(title: "fused: the paper's kernels, here", columns: 8),
      ] + (report.peer.map { [.init(title: "\($0.measurement.name) here", columns: 2)] } ?? []) + [
        .init(title: "paper: PyTorch", columns: 2), .init(title: "paper: fused", columns: 5),
      ],
      columns: ownColumns + (report.peer == nil ? [] : peerColumns) + paperColumns,
      rowNames: report.rows.map(\.id),
      rows: report.rows.map { operatorRow($0, hasPeer: report.peer != nil, MicrosecondFormat(report)) },
      totals: report.fused.map { totalRow($0, report) },
      notes: notes(report)
    ).withoutEmptyColumns
  }

  private static func notes(_ report: LayerReport) -> [String] {
    let openBLAS = "Unfused linear maps are OpenBLAS's (\(report.machine.openBLAS?.text ?? "unknown"))"
    return [
      "Bold (* where there is none): the larger of % of peak and MUE, which says what bounds the operator.",
      openBLAS + (report.fused.isEmpty ? "." : "; LINEAR is the library's own, which fuses nothing."),
      "~ modelled: bytes inside OpenBLAS cannot be counted and are taken as Q.",
      "^ above 100 %: the data stayed in cache, or the machine was busier while its peaks were measured.",
      "MUE = Q/(t·B̂) = Q/D · B/B̂. A fused kernel's figures stand on the last row that it fuses, its label on all.",
    ]
      + (report.pass.hasBackward
        ? [
          "dX: the gradient of an input, dW of parameters. All unfused contractions of the backward pass are "
            + "OpenBLAS's; the paper's times of these rows are not at hand."
        ] : [])
      + (report.fused.count == 2
        ? [
          "TILED/SM: two ways of attention, a sequence and a line of totals each; on gamma stand TILED's figures, on "
            + "softmax SM's."
        ] : []) + (report.fused.isEmpty ? ["No sequence of the paper's kernels ran."] : [])
      + KernelLabels.notes(
        Set(report.rows.flatMap { $0.kernels + [$0.paper?.kernel, $0.paperGradient?.kernel].compactMap(\.self) }))
  }

  /// A column whose figures the JSON has under that key of a row.
  static func figure(_ title: String, _ key: String, isText: Bool = false, mayBeBold: Bool = false)
    -> Table.Column
  {
    Table.Column(title, isText: isText, mayBeBold: mayBeBold, key: "rows.*." + key)
  }

  private static let ownColumns: [Table.Column] = [
    figure("", "class", isText: true), figure("operator", "operator", isText: true), figure("GFLOP", "gflop"),
    figure("in", "inputElements"), figure("out", "outputElements"),
    figure("µs", "unfused.microseconds"), figure("%peak", "unfused.percentOfPeak", mayBeBold: true),
    figure("MUE", "unfused.mue", mayBeBold: true),
    figure("kernel", "kernels", isText: true), figure("µs", "fused.microseconds"),
    figure("%peak", "fused.percentOfPeak", mayBeBold: true), figure("MUE", "fused.mue", mayBeBold: true),
    figure("Q/D", "fused.dataRatio"), figure("B/B̂", "fused.bandwidthRatio"),
    figure("B̂ of", "fused.bandwidthKind", isText: true), figure("speedup", "fused.speedup"),
  ]
  private static let peerColumns: [Table.Column] = [
    figure("µs", "peer.microseconds"), figure("share", "peer.sharePercent"),
  ]
  private static let paperColumns: [Table.Column] = [
    figure("µs", "paper.pytorchMicroseconds"), figure("%peak", "paper.pytorchPercentOfPeak"),
    figure("kernel", "paper.kernel", isText: true), figure("µs", "paper.ours.microseconds"),
    figure("%peak", "paper.ours.percentOfPeak"), figure("MUE", "paper.ours.mue"),
    figure("speedup", "paper.ours.speedup"),
  ]

  private static func operatorRow(_ row: ReportRow, hasPeer: Bool, _ microseconds: MicrosecondFormat) -> [Table.Cell] {
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
    if let peer = row.peer {
      cells += [Table.Cell(microseconds(peer.microseconds)), Table.Cell(Number.fixed(peer.sharePercent, 2))]
    } else if hasPeer {
      // Of a backward row.
      cells += ["", ""]
    }
    return cells + paperCells(row)
  }

  private static func paperCells(_ row: ReportRow) -> [Table.Cell] {
    guard let paper = row.paper else {
      return ["", "", Table.Cell(row.paperGradient?.kernel ?? "")] + Array(repeating: "", count: 4)
    }
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
    // The paper's times of backward rows are not at hand: a total of the others would look like one of all.
    if !report.pass.hasBackward {
      cells[16] = Table.Cell(Number.fixed(paper.reduce(0) { $0 + $1.pytorchMicroseconds }, 0))
      cells[19] = Table.Cell(Number.fixed(paper.reduce(0) { $0 + ($1.ours?.microseconds ?? 0) }, 0))
    }
    if let peer = report.peer {
      cells.insert(
        contentsOf: [Table.Cell(microseconds(peer.rowsMicroseconds)), "100.00"], at: ownColumns.count)
    }
    return cells
  }

  /// Labels of a row; more than one where sequences differ.
  static func kernels(_ row: ReportRow) -> Table.Cell { Table.Cell(row.kernels.joined(separator: "/")) }

  static func peakShare(_ figures: KernelFigures) -> Table.Cell {
    Table.Cell(aboveMark(figures.percentOfPeak) + Number.fixed(figures.percentOfPeak, 1), bold: figures.isComputeBound)
  }

  static func mue(_ figures: KernelFigures) -> Table.Cell {
    let marks = (figures.modelled ? "~" : "") + aboveMark(figures.mue)
    return Table.Cell(marks + Number.fixed(figures.mue, 1), bold: !figures.isComputeBound)
  }

  private static func aboveMark(_ percent: Double) -> String { percent > 100 ? "^" : "" }
}
