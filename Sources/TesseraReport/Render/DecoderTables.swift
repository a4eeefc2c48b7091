import Tessera

/// The decoder report's numbers as tables, and the lines around them.
enum DecoderTables {
  static func title(_ report: DecoderReport) -> String {
    let layers = report.totals.layers
    return "One layer of a decoder's \(layers), "
      + (report.problem.phase == .prefill
        ? "prefill: a prompt of \(counted(report.problem.context, "token"))"
        : "decode: one token after \(report.problem.context) in the cache")
  }

  /// All tables in the order in which they are printed.
  static func all(_ report: DecoderReport) -> [Table] { [layer(report), once(report), classShares(report)] }

  static func layer(_ report: DecoderReport) -> Table {
    var table = operators("Table 1. Operators of a layer", report.layer, key: "layer", report)
    table.notes = [
      "A layer: means over the model's \(report.totals.layers), of each call the median over the runs. % of pass: of "
        + "all layers' calls and those that a pass has once.",
      "Bold (* where there is none): the larger of % of peak and MUE, which says what bounds the operator.",
      "~ modelled: bytes that cannot be counted are taken as Q.",
      "^ above 100 %: the data was in a cache, or the machine was busier while its peaks were measured.",
      "MUE = Q/(t·B̂). bound: the larger of Q/B̂ and of the FLOPs over the peak. spread: (maximum − minimum) / median "
        + "over the runs.",
    ]
    return table
  }

  static func once(_ report: DecoderReport) -> Table {
    operators("Once a pass, before and after the layers", report.once, key: "once", report)
  }

  private static func operators(
    _ title: String, _ rows: [DecoderReportRow], key: String, _ report: DecoderReport
  ) -> Table {
    func figure(_ title: String, _ name: String, isText: Bool = false, mayBeBold: Bool = false) -> Table.Column {
      Table.Column(title, isText: isText, mayBeBold: mayBeBold, key: "\(key).*.\(name)")
    }
    let microseconds = MicrosecondFormat(total: report.totals.layerMicroseconds)
    return Table(
      title: title + "; MFLOP, MB (1e6), microseconds, per cent", groups: [],
      columns: [
        figure("", "class", isText: true), figure("operator", "operator", isText: true),
        figure("weights", "weightTypes", isText: true), figure("MFLOP", "mflop"), figure("Q", "leastBytes"),
        figure("D", "bytes"), figure("µs", "microseconds"), figure("% of pass", "passPercent"),
        figure("%peak", "percentOfPeak", mayBeBold: true), figure("MUE", "mue", mayBeBold: true),
        figure("Q/D", "dataRatio"), figure("B̂ of", "bandwidthKind", isText: true),
        figure("bound", "boundMicroseconds"), .init("µs/bound"), figure("spread %", "spread"),
      ],
      rowNames: rows.map(\.id),
      rows: rows.map { row(of: $0, microseconds) },
      totals: [total(rows, microseconds)])
  }

  private static func row(of row: DecoderReportRow, _ microseconds: MicrosecondFormat) -> [Table.Cell] {
    let own = row.figures
    return [
      Table.Cell(row.operatorClass.mark), Table.Cell(row.name),
      Table.Cell(row.weightTypes.map(\.name).joined(separator: "/")),
      Table.Cell(Number.millions(row.floatingPointOperations)), Table.Cell(Number.megabytes(own.leastBytes)),
      Table.Cell((own.modelled ? "~" : "") + Number.megabytes(own.bytes)), Table.Cell(microseconds(own.microseconds)),
      Table.Cell(Number.fixed(row.passPercent, 2)), ReportTables.peakShare(own), ReportTables.mue(own),
      Table.Cell(Number.fixed(own.dataRatio, 3)), Table.Cell(own.bandwidthKind.rawValue),
      Table.Cell(microseconds(own.boundMicroseconds!)),
      Table.Cell(Number.fixed(own.microseconds / own.boundMicroseconds!, 2)),
      Table.Cell(Number.fixed(own.spread * 100, 1)),
    ]
  }

  private static func total(_ rows: [DecoderReportRow], _ microseconds: MicrosecondFormat) -> [Table.Cell] {
    func sum(_ figure: (KernelFigures) -> Double) -> Double { rows.reduce(0) { $0 + figure($1.figures) } }
    let (time, bound) = (sum(\.microseconds), sum { $0.boundMicroseconds! })
    return [
      "", "total", "", Table.Cell(Number.millions(rows.reduce(0) { $0 + $1.floatingPointOperations })),
      Table.Cell(Number.megabytes(Int(sum { Double($0.leastBytes) }))),
      Table.Cell(Number.megabytes(Int(sum { Double($0.bytes) }))), Table.Cell(microseconds(time)),
      Table.Cell(Number.fixed(rows.reduce(0) { $0 + $1.passPercent }, 2)), "", "", "", "",
      Table.Cell(microseconds(bound)), Table.Cell(Number.fixed(time / bound, 2)), "",
    ]
  }

  private static func classShares(_ report: DecoderReport) -> Table {
    let parts = [("a layer", "layer", report.layerClasses), ("the whole pass", "pass", report.passClasses)]
    return Table(
      title: "Table 2. Shares of the operator classes, in per cent",
      groups: [.init(title: "", columns: 2)] + parts.map { .init(title: $0.0, columns: 3) },
      columns: [.init("", isText: true), .init("class", isText: true)]
        + parts.flatMap { part in
          [("FLOPs", "flopPercent"), ("bytes", "bytePercent"), ("run time", "runtimePercent")].map {
            Table.Column($0.0, key: "classes.\(part.1).*.\($0.1)")
          }
        },
      rowNames: OperatorClass.allCases.map(\.rawValue),
      rows: OperatorClass.allCases.indices.map { index in
        [Table.Cell(OperatorClass.allCases[index].mark), Table.Cell(OperatorClass.allCases[index].rawValue)]
          + parts.flatMap { part in
            [part.2[index].flopPercent, part.2[index].bytePercent, part.2[index].runtimePercent].map {
              Table.Cell(Number.fixed($0, 2))
            }
          }
      },
      notes: ["Bytes are D. A fused operator's FLOPs, bytes and time count in its own class."])
  }

  static func problem(_ report: DecoderReport) -> [String] {
    let sizes = report.problem.model.configuration
    return [
      "model: \(report.problem.fileName), \(counted(sizes.layers, "layer")), width \(sizes.width), feed-forward "
        + "\(sizes.feedForwardWidth), \(sizes.queryHeads) query and \(sizes.keyValueHeads) key-value heads of "
        + "\(sizes.headDimension), vocabulary \(sizes.vocabularySize); weights "
        + "\(report.problem.weightTypes.map(\.name).joined(separator: ", ")), cache \(DecoderProblem.cacheType.name)",
      "\(counted(report.runs, "run")), each a pass over all layers call by call and one as a whole; "
        + "medians",
    ]
  }

  static func totals(_ report: DecoderReport) -> [String] {
    let (totals, microseconds) = (report.totals, MicrosecondFormat(total: report.totals.layerMicroseconds))
    let bound = totals.passBoundMicroseconds
    return [
      "rows:     \(counted(totals.layers, "layer")) of \(microseconds(totals.layerMicroseconds)) µs and "
        + "\(microseconds(totals.onceMicroseconds)) µs once: \(microseconds(totals.passMicroseconds)) µs a pass",
      "measured: \(microseconds(totals.measuredMicroseconds)) µs a pass (spread "
        + "\(Number.fixed(totals.measuredSpread * 100, 1)) %), "
        + "\(Number.fixed(totals.tokensPerSecond, 0)) tokens a second; as a whole, with nothing counted",
      "bounds:   \(microseconds(bound)) µs a pass, of which the measured one is "
        + "\(Number.fixed(totals.measuredMicroseconds / bound, 2)) times",
      "a pass:   \(Number.millions(totals.floatingPointOperations)) MFLOP, Q \(Number.megabytes(totals.leastBytes)) "
        + "MB, D \(Number.megabytes(totals.bytes)) MB",
    ]
  }
}
