import Tessera

/// The report's numbers as tables.
enum ReportTables {
  /// In the order in which they are printed.
  static func all(_ report: LayerReport) -> [Table] {
    [classShares(report), operators(report), bytes(report)]
  }

  static func title(_ report: LayerReport) -> String {
    "Encoder layer, \(report.pass.rawValue) pass: operators unfused and fused"
  }

  /// Table 1.
  static func classShares(_ report: LayerReport) -> Table {
    func percent(_ value: Double) -> Table.Cell { Table.Cell(Number.fixed(value, 2)) }
    return Table(
      title: "Table 1. Shares of the operator classes, in per cent",
      groups: [
        .init(title: "", columns: 2), .init(title: "unfused", columns: 2), .init(title: "fused", columns: 2),
        .init(title: "paper: PyTorch", columns: 2),
      ],
      columns: [
        .init("", isText: true), .init("class", isText: true), .init("FLOPs"), .init("run time"), .init("FLOPs"),
        .init("run time"), .init("FLOPs"), .init("run time"),
      ],
      rows: report.classes.map { shares in
        let paper = PaperShares.all.first { $0.operatorClass == shares.operatorClass }
        return [
          Table.Cell(shares.operatorClass.mark), Table.Cell(shares.operatorClass.rawValue), percent(shares.flopPercent),
          percent(shares.unfusedRuntimePercent), percent(shares.flopPercent), percent(shares.fusedRuntimePercent),
          Table.Cell(paper.map { Number.fixed($0.flopPercent, 2) } ?? ""),
          Table.Cell(paper.map { Number.fixed($0.runtimePercent, 1) } ?? ""),
        ]
      },
      notes: [
        "This layer's figures are for the \(report.pass.rawValue) pass, the paper's for forward and backward together.",
        "A fused kernel's time counts in the highest class (Δ, □, ○) of what it fuses; FLOPs stay where they come from.",
      ])
  }
}
