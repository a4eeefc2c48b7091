import Tessera

/// The report's numbers as tables.
enum ReportTables {
  /// All tables in the order in which they are printed.
  static func all(_ report: LayerReport) -> [Table] {
    [classShares(report), operators(report)] + (full(report).map { [$0] } ?? []) + [bytes(report)]
  }

  static func title(_ report: LayerReport) -> String {
    "Encoder layer, \(report.pass.text): operators unfused and fused"
  }

  /// Table 1.
  static func classShares(_ report: LayerReport) -> Table {
    func percent(_ value: Double, _ decimals: Int = 2) -> Table.Cell { Table.Cell(Number.fixed(value, decimals)) }
    var sequences = [("unfused", "unfused", report.unfusedClasses)]
    for (index, fused) in report.fused.enumerated() {
      sequences.append(("fused, \(fused.label)", index == 0 ? "fused" : "fusedMaterialised", fused.classes))
    }
    if let full = report.full { sequences.append(("fused, \(full.label)", "fusedFull", full.classes)) }
    if let tuned = report.tuned { sequences.append(("fused, \(tuned.label)", "fusedTuned", tuned.classes)) }
    if let peer = report.peer { sequences.append(("\(peer.measurement.name) here", "peer", peer.classes)) }
    let keys = sequences.map { "classes.\($0.1)" } + ["paper.classes"]
    return Table(
      title: "Table 1. Shares of the operator classes, in per cent",
      groups: [.init(title: "", columns: 2)] + sequences.map { .init(title: $0.0, columns: 2) } + [
        .init(title: "paper: PyTorch", columns: 2)
      ],
      columns: [.init("", isText: true), .init("class", isText: true)]
        + keys.flatMap {
          [Table.Column("FLOPs", key: $0 + ".*.flopPercent"), Table.Column("run time", key: $0 + ".*.runtimePercent")]
        },
      rowNames: OperatorClass.allCases.map(\.rawValue),
      rows: OperatorClass.allCases.map { operatorClass in
        let shares = sequences.flatMap { $0.2.filter { $0.operatorClass == operatorClass } }
        let paper = PaperShares.all.first { $0.operatorClass == operatorClass }
        return [Table.Cell(operatorClass.mark), Table.Cell(operatorClass.rawValue)]
          + shares.flatMap { [percent($0.flopPercent), percent($0.runtimePercent)] }
          + [paper.map { percent($0.flopPercent) } ?? "", paper.map { percent($0.runtimePercent, 1) } ?? ""]
      },
      notes: [
        report.pass == .both
          ? "Shares are of forward and backward together, here and in the paper."
          : "This layer's figures are for the \(report.pass.text), the paper's for forward and backward together.",
        "A fused kernel's time counts in the highest class (Δ, □, ○) of what it fuses; FLOPs stay where "
          + "they come from.",
      ])
  }
}
