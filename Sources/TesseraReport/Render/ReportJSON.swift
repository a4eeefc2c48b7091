import Foundation
import Tessera

/// The report as one JSON object; every key is described in docs/measuring.md.
extension LayerReport {
  func renderedJSON() throws -> String {
    try jsonText(ReportDocument(self))
  }
}

/// Keys sorted, so that two reports can be compared line by line. A figure that is not finite is an error, never text.
func jsonText(_ document: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
}

/// The keys of the top level, and of what has no type of its own among the figures.
private struct ReportDocument: Encodable {
  struct Problem: Encodable {
    var batch, length, hidden, heads, feedforward: Int
    var dropout: Double
    var seed: UInt64
    var pass: LayerPass
    var mode: ExecutionMode
    var layer: EncoderLayerOptions?
  }
  struct Shares: Encodable {
    var flopPercent, runtimePercent: Double
  }
  struct Ledger: Encodable {
    var updates: Int
    var nanosecondsPerUpdate: Double
    var records: Int
    var nanosecondsPerRecord: Double
    var percentOfRunTime: Double
  }
  struct Paper: Encodable {
    var classes: [String: PaperShares]
  }

  var machine: MachineDocument
  var problem: Problem
  var runs: Int
  var attention: [LayerAttention]
  var rows: [ReportRow]
  var classes: [String: [String: Shares]]
  var totals: ReportTotals?
  var totalsMaterialised: ReportTotals?
  var totalsFull: ReportTotals?
  var totalsTuned: ReportTotals?
  var endToEnd: EndToEnd?
  var endToEndMaterialised: EndToEnd?
  var endToEndFull: EndToEnd?
  var endToEndTuned: EndToEnd?
  var ledger: Ledger
  var layer: EncoderLayerFigures?
  var paper: Paper
  var peer: PeerDocument?

  init(_ report: LayerReport) {
    let (sizes, cost) = (report.problem, report.ledger)
    machine = MachineDocument(report.machine)
    problem = Problem(
      batch: sizes.batch, length: sizes.length, hidden: sizes.hidden, heads: sizes.heads,
      feedforward: sizes.feedforward, dropout: sizes.dropout, seed: sizes.seed, pass: report.pass,
      mode: report.mode, layer: report.encoderLayer.map { _ in sizes.encoderLayerOptions })
    runs = report.runs
    rows = report.rows
    func shares(_ classes: [ClassShares]) -> [String: Shares] {
      Dictionary(
        uniqueKeysWithValues: classes.map {
          ($0.operatorClass.rawValue, Shares(flopPercent: $0.flopPercent, runtimePercent: $0.runtimePercent))
        })
    }
    attention = report.fused.compactMap {
      if case .paper(let attention) = $0.fusion { attention } else { nil }
    }
    classes = ["unfused": shares(report.unfusedClasses)]
    classes["fused"] = report.fused.first.map { shares($0.classes) }
    totals = report.totals
    endToEnd = report.endToEnd
    let materialised = report.fused(.materialised)
    classes["fusedMaterialised"] = materialised.map { shares($0.classes) }
    totalsMaterialised = materialised?.totals
    endToEndMaterialised = materialised?.endToEnd
    classes["fusedFull"] = report.full.map { shares($0.classes) }
    totalsFull = report.full?.totals
    endToEndFull = report.full?.endToEnd
    classes["fusedTuned"] = report.tuned.map { shares($0.classes) }
    totalsTuned = report.tuned?.totals
    endToEndTuned = report.tuned?.endToEnd
    ledger = Ledger(
      updates: cost.updates, nanosecondsPerUpdate: cost.nanosecondsPerUpdate, records: cost.records,
      nanosecondsPerRecord: cost.nanosecondsPerRecord, percentOfRunTime: cost.percentOfRunTime)
    layer = report.encoderLayer
    classes["peer"] = report.peer.map { shares($0.classes) }
    peer = report.peer.map { PeerDocument($0) }
    paper = Paper(
      classes: Dictionary(uniqueKeysWithValues: PaperShares.all.map { ($0.operatorClass.rawValue, $0) }))
  }
}

extension ReportRow: Encodable {
  private enum CodingKeys: String, CodingKey {
    case id, pass, name = "operator", operatorClass = "class", gflop, inputElements, outputElements, unfused, kernels
    case fused, fullKernel, full, paper, peer
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(pass, forKey: .pass)
    try container.encode(name, forKey: .name)
    try container.encode(operatorClass, forKey: .operatorClass)
    try container.encode(gflop, forKey: .gflop)
    try container.encode(inputElements, forKey: .inputElements)
    try container.encode(outputElements, forKey: .outputElements)
    try container.encode(unfused, forKey: .unfused)
    try container.encode(kernels, forKey: .kernels)
    // Null where there is none, not a missing key.
    try container.encode(fused, forKey: .fused)
    try container.encode(fullKernel, forKey: .fullKernel)
    try container.encode(full, forKey: .full)
    if let paperGradient {
      try container.encode(paperGradient, forKey: .paper)
    } else {
      try container.encode(paper, forKey: .paper)
    }
    try container.encodeIfPresent(peer, forKey: .peer)
  }
}
