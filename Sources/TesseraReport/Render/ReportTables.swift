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
    func percent(_ value: Double, _ decimals: Int = 2) -> Table.Cell { Table.Cell(Number.fixed(value, decimals)) }
    let sequences = [("unfused", report.unfusedClasses)] + report.fused.map { ("fused, \($0.label)", $0.classes) }
    let pairs = sequences.count + 1
    return Table(
      title: "Table 1. Shares of the operator classes, in per cent",
      groups: [.init(title: "", columns: 2)] + sequences.map { .init(title: $0.0, columns: 2) } + [
        .init(title: "paper: PyTorch", columns: 2)
      ],
      columns: [.init("", isText: true), .init("class", isText: true)]
        + (0..<pairs).flatMap { _ in [Table.Column("FLOPs"), Table.Column("run time")] },
      rows: OperatorClass.allCases.map { operatorClass in
        let shares = sequences.flatMap { $0.1.filter { $0.operatorClass == operatorClass } }
        let paper = PaperShares.all.first { $0.operatorClass == operatorClass }
        return [Table.Cell(operatorClass.mark), Table.Cell(operatorClass.rawValue)]
          + shares.flatMap { [percent($0.flopPercent), percent($0.runtimePercent)] }
          + [paper.map { percent($0.flopPercent) } ?? "", paper.map { percent($0.runtimePercent, 1) } ?? ""]
      },
      notes: [
        "This layer's figures are for the \(report.pass.rawValue) pass, the paper's for forward and backward together.",
        "A fused kernel's time counts in the highest class (Δ, □, ○) of what it fuses; FLOPs stay where they come from.",
      ])
  }
}
