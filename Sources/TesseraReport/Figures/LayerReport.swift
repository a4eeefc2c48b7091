import Tessera

/// Everything that `tessera report` prints, in numbers; the renderings only set it in type.
public struct LayerReport: Sendable {
  public let problem: LayerProblem
  /// What of a training step is shown.
  public let pass: LayerPass
  public let mode: ExecutionMode
  public let runs: Int
  public package(set) var machine: MachineBlock
  public let rows: [ReportRow]
  /// Shares of the unfused sequence.
  public let unfusedClasses: [ClassShares]
  /// The sequences of the paper's kernels in the order in which they ran: tiled first where it did.
  public let fused: [FusedFigures]
  /// The sequence in which all rides on the products; nil where it did not run.
  public let full: FusedFigures?
  /// The sequence of a configuration; nil where none was given.
  public let tuned: FusedFigures?
  public let ledger: LedgerCost
  /// nil where the library's own layer did not run.
  public let encoderLayer: EncoderLayerFigures?
  /// nil where no file of another library was given.
  public let peer: PeerFigures?

  /// `peer`: the same layer in another library.
  public init(_ measurement: LayerMeasurement, peer: PeerMeasurement? = nil) {
    let layer = measurement.layer
    problem = layer.problem
    pass = layer.pass
    mode = .training
    runs = measurement.runs
    machine = MachineBlock(
      threads: measurement.threads, instructionSet: measurement.instructionSet,
      fastMemoryBytes: measurement.fastMemoryBytes, openBLAS: measurement.openBLAS, peaks: measurement.peaks)
    let figures = StepFigures(measurement)
    unfusedClasses = ClassShares.all(
      layer.rows, Contribution.all(measurement.unfused.steps, of: layer.rows, figures))
    let sequences = measurement.fused.map { FusedFigures($0, measurement, figures) }
    fused = sequences.filter { if case .paper = $0.fusion { true } else { false } }
    full = sequences.first { $0.fusion == .full }
    tuned = sequences.first { if case .tuned = $0.fusion { true } else { false } }
    ledger = measurement.ledger
    encoderLayer = measurement.encoderLayer.map { EncoderLayerFigures($0) }
    let leading = full ?? fused.first
    self.peer = peer.map {
      PeerFigures(
        $0, rows: layer.rows.filter { $0.pass == .forward }, pass: layer.pass,
        fusedMicroseconds: leading?.endToEnd.fusedMicroseconds)
    }
    rows = Self.rows(measurement, figures, self.peer)
  }

  /// The totals of the first sequence of the paper's kernels; nil where none ran.
  public var totals: ReportTotals? { fused.first?.totals }
  public var endToEnd: EndToEnd? { fused.first?.endToEnd }

  /// All fused sequences: the paper's, the one on products, the tuned one.
  public var sequences: [FusedFigures] { fused + [full, tuned].compactMap(\.self) }

  /// The sequence that the library is judged by; nil where the unfused one ran alone.
  public var leading: FusedFigures? { full ?? fused.first }

  /// What is said of the paper's sequence with this attention; nil where it did not run.
  public func fused(_ attention: LayerAttention) -> FusedFigures? { fused.first { $0.fusion == .paper(attention) } }

  private static func rows(_ measurement: LayerMeasurement, _ figures: StepFigures, _ peer: PeerFigures?)
    -> [ReportRow]
  {
    let papers = measurement.fused.filter { if case .paper = $0.fusion { true } else { false } }
    let fullSteps = measurement.fused.filter { $0.fusion == .full }.flatMap(\.steps)
    let (paper, full) = (RowKernels(papers.flatMap(\.steps), figures), RowKernels(fullSteps, figures))
    let ratios =
      papers.count == 1 && !fullSteps.isEmpty
      ? SequenceRatios(measurement.layer.rows, of: papers[0].steps, over: fullSteps, figures) : nil
    return measurement.layer.rows.map { row in
      ReportRow(
        id: row.id, name: row.name, pass: row.pass, operatorClass: row.operatorClass,
        floatingPointOperations: row.floatingPointOperations, inputElements: row.inputElements,
        outputElements: row.outputElements, unfused: figures.unfused(row), kernels: paper.labels[row.id] ?? [],
        fused: paper.figures[row.id], fullKernel: full.labels[row.id]?.first, full: full.figures[row.id],
        paperOverFull: ratios?[row.id],
        paper: PaperRow.forward.first { $0.id == row.id }, paperGradient: PaperGradient.all[row.id],
        peer: peer?.row(row.id))
    }
  }
}

/// Kernels by the rows that they cover.
private struct RowKernels {
  /// Of every row.
  var labels: [String: [String]] = [:]
  /// Of the last row that a kernel covers.
  var figures: [String: KernelFigures] = [:]

  init(_ steps: [LayerStep], _ stepFigures: StepFigures) {
    for step in steps {
      guard let label = step.label, let last = step.rows.last else { continue }
      for row in step.rows where labels[row]?.contains(label) != true { labels[row, default: []].append(label) }
      figures[last] = stepFigures[step]
    }
  }
}
