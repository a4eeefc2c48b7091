import Tessera

/// Everything that `tessera report` prints, in numbers; the renderings only set it in type.
public struct LayerReport: Sendable {
  public let problem: LayerProblem
  public let pass: LayerPass
  public let mode: ExecutionMode
  public let runs: Int
  public let machine: MachineBlock
  public let rows: [ReportRow]
  public let classes: [ClassShares]
  public let totals: ReportTotals
  public let endToEnd: EndToEnd
  public let ledger: LedgerCost

  public init(_ measurement: LayerMeasurement) {
    problem = measurement.layer.problem
    pass = .forward
    mode = .training
    runs = measurement.runs
    machine = MachineBlock(measurement)
    let unfused = Self.unfusedFigures(measurement)
    rows = Self.rows(measurement, unfused: unfused)
    let contributions = Contribution.all(measurement, unfused: unfused)
    classes = ClassShares.all(rows, contributions)
    totals = ReportTotals(rows, contributions)
    endToEnd = EndToEnd(measurement)
    ledger = measurement.ledger
  }

  /// Each row's own figures by its id.
  private static func unfusedFigures(_ measurement: LayerMeasurement) -> [String: KernelFigures] {
    let sequence = measurement.unfused
    var figures: [String: KernelFigures] = [:]
    for (index, row) in measurement.layer.rows.enumerated() {
      var own = KernelFigures(sequence.costs[index], sequence.times[index], measurement.peaks)
      if row.operatorClass != .tensorContraction {
        let bandwidthBound = Double(own.leastBytes) / measurement.peaks.gigabytesPerSecond(own.bandwidthKind) / 1000
        let draws = Double(sequence.costs[index].dropoutDecisions)
        own.boundMicroseconds = max(bandwidthBound, draws / measurement.peaks.dropoutDecisionsPerSecond * 1e6)
      }
      figures[row.id] = own
    }
    return figures
  }

  private static func rows(_ measurement: LayerMeasurement, unfused: [String: KernelFigures]) -> [ReportRow] {
    let sequence = measurement.fused
    var kernels: [String: [String]] = [:]
    var fused: [String: KernelFigures] = [:]
    for (index, step) in sequence.steps.enumerated() {
      guard let label = step.label, let last = step.rows.last else { continue }
      for row in step.rows { kernels[row, default: []].append(label) }
      var own = KernelFigures(sequence.costs[index], sequence.times[index], measurement.peaks)
      own.speedup = step.rows.reduce(0) { $0 + unfused[$1]!.microseconds } / own.microseconds
      fused[last] = own
    }
    return measurement.layer.rows.map { row in
      ReportRow(
        id: row.id, pass: .forward, name: row.name, operatorClass: row.operatorClass,
        floatingPointOperations: row.floatingPointOperations, inputElements: row.inputElements,
        outputElements: row.outputElements, unfused: unfused[row.id]!, kernels: kernels[row.id] ?? [],
        fused: fused[row.id], paper: PaperRow.forward.first { $0.id == row.id })
    }
  }
}
