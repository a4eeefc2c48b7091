import Tessera

/// Everything that `tessera report --model` prints, in numbers.
public struct DecoderReport: Sendable {
  public let problem: DecoderProblem
  public let runs: Int
  public let machine: MachineBlock
  /// The calls of one layer: means over the model's.
  public let layer: [DecoderReportRow]
  /// What a pass has once, before and after its layers.
  public let once: [DecoderReportRow]
  public let layerClasses: [DecoderClassShares]
  public let passClasses: [DecoderClassShares]
  public let totals: DecoderTotals

  public init(_ measurement: DecoderMeasurement) {
    problem = measurement.problem
    runs = measurement.runs
    machine = MachineBlock(
      threads: measurement.threads, instructionSet: measurement.instructionSet,
      fastMemoryBytes: measurement.fastMemoryBytes, peaks: measurement.peaks)
    let rows = measurement.layer + measurement.once
    let all = zip(rows, percentages(of: rows.map(\.nanoseconds))).map {
      DecoderReportRow($0, passPercent: $1, measurement.peaks)
    }
    layer = Array(all.prefix(measurement.layer.count))
    once = Array(all.dropFirst(measurement.layer.count))
    layerClasses = DecoderClassShares.all(measurement.layer)
    passClasses = DecoderClassShares.all(rows)
    totals = DecoderTotals(measurement, layer: layer, once: once)
  }
}

/// One call of a pass with its figures.
public struct DecoderReportRow: Sendable {
  public let id: String
  public let name: String
  public let operatorClass: OperatorClass
  /// What its weights are stored as; empty where it has none but norms' floats.
  public let weightTypes: [ElementType]
  public let floatingPointOperations: Int
  /// Of one layer. The bound is the larger of Q / B̂ and of the FLOPs over the FMA peak.
  public let figures: KernelFigures
  /// Share of the time of all calls of a pass, of all layers, to hundredths that add up to 100.00.
  public let passPercent: Double

  init(_ row: DecoderMeasurement.Row, passPercent: Double, _ peaks: MachinePeaks) {
    let cost = row.cost.mean(of: row.layers)
    id = row.row.id
    name = row.row.name
    operatorClass = row.operatorClass
    weightTypes = row.weightTypes
    floatingPointOperations = cost.floatingPointOperations
    self.passPercent = passPercent
    var figures = KernelFigures(
      cost, RunStatistics([row.nanoseconds / Double(row.layers)]), peaks, isBounded: true)
    figures.spread = row.spread
    let arithmetic = Double(cost.floatingPointOperations) / peaks.floatGflops / 1e3
    figures.boundMicroseconds = max(figures.boundMicroseconds!, arithmetic)
    self.figures = figures
  }

  /// In millions.
  public var mflop: Double { Double(floatingPointOperations) / 1e6 }
}
