import Tessera

/// Everything that `tessera report` prints, in numbers; the renderings only set it in type.
public struct LayerReport: Sendable {
  public let problem: LayerProblem
  /// The half of a training step that is shown, as files name it; there is no other yet.
  static let pass = "forward"
  public let mode: ExecutionMode
  public let runs: Int
  public package(set) var machine: MachineBlock
  public let rows: [ReportRow]
  /// Shares of the unfused sequence.
  public let unfusedClasses: [ClassShares]
  /// In the order in which they ran: tiled first where it did.
  public let fused: [FusedFigures]
  public let ledger: LedgerCost
  /// nil where the library's own layer did not run.
  public let encoderLayer: EncoderLayerFigures?
  /// nil where no file of another library was given.
  public let peer: PeerFigures?

  /// `peer`: the same layer in another library.
  public init(_ measurement: LayerMeasurement, peer: PeerMeasurement? = nil) {
    let layer = measurement.layer
    problem = layer.problem
    mode = .training
    runs = measurement.runs
    machine = MachineBlock(
      threads: measurement.threads, instructionSet: measurement.instructionSet,
      fastMemoryBytes: measurement.fastMemoryBytes, openBLAS: measurement.openBLAS, peaks: measurement.peaks)
    let figures = StepFigures(measurement)
    unfusedClasses = ClassShares.all(
      layer.rows, Contribution.all(measurement.unfused.steps, of: layer.rows, figures))
    fused = measurement.fused.map { FusedFigures($0, measurement, figures) }
    ledger = measurement.ledger
    encoderLayer = measurement.encoderLayer.map { EncoderLayerFigures($0) }
    let fusedMicroseconds = fused[0].endToEnd.fusedMicroseconds
    self.peer = peer.map { PeerFigures($0, rows: layer.rows, fusedMicroseconds: fusedMicroseconds) }
    rows = Self.rows(measurement, figures, self.peer)
  }

  /// Of the first fused sequence that ran.
  public var totals: ReportTotals { fused[0].totals }
  public var endToEnd: EndToEnd { fused[0].endToEnd }

  /// What is said of the sequence with this attention; nil where it did not run.
  public func fused(_ attention: LayerAttention) -> FusedFigures? { fused.first { $0.attention == attention } }

  private static func rows(_ measurement: LayerMeasurement, _ figures: StepFigures, _ peer: PeerFigures?)
    -> [ReportRow]
  {
    var kernels: [String: [String]] = [:]
    var fused: [String: KernelFigures] = [:]
    for step in measurement.fused.flatMap(\.steps) {
      guard let label = step.label, let last = step.rows.last else { continue }
      for row in step.rows where kernels[row]?.contains(label) != true { kernels[row, default: []].append(label) }
      fused[last] = figures[step]
    }
    return measurement.layer.rows.map { row in
      ReportRow(
        id: row.id, name: row.name, operatorClass: row.operatorClass,
        floatingPointOperations: row.floatingPointOperations, inputElements: row.inputElements,
        outputElements: row.outputElements, unfused: figures.unfused(row), kernels: kernels[row.id] ?? [],
        fused: fused[row.id], paper: PaperRow.forward.first { $0.id == row.id }, peer: peer?.row(row.id))
    }
  }
}
