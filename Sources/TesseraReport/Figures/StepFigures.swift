import Tessera

/// Figures of every step of every sequence, each once: a row's own from the unfused sequence, a fused kernel's from the
/// first sequence that has it, so that all totals are sums over the same table.
struct StepFigures {
  private var unfused: [String: KernelFigures] = [:]
  private var fused: [Key: KernelFigures] = [:]

  /// A kernel on its rows, as it runs: in place or not is told by its tensors.
  private struct Key: Hashable {
    var rows: [String]
    var tuning: StepTuning?
    var tensors: [[String: String]]

    init(_ step: LayerStep) { (rows, tuning, tensors) = (step.rows, step.tuning, step.calls.map(\.tensors)) }
  }

  init(_ measurement: LayerMeasurement) {
    let own = measurement.unfused
    for (index, row) in measurement.layer.rows.enumerated() {
      unfused[row.id] = KernelFigures(
        own.costs[index], own.times[index], measurement.peaks, isBounded: row.operatorClass != .tensorContraction)
    }
    for sequence in measurement.fused {
      for (index, step) in sequence.steps.enumerated() where step.label != nil && fused[Key(step)] == nil {
        var figures = KernelFigures(sequence.costs[index], sequence.times[index], measurement.peaks)
        figures.speedup = step.rows.reduce(0) { $0 + unfused[$1]!.microseconds } / figures.microseconds
        fused[Key(step)] = figures
      }
    }
  }

  /// The figures of a row on its own.
  func unfused(_ row: LayerRow) -> KernelFigures { unfused[row.id]! }

  /// The figures of a fused kernel, or of the row that the step is.
  subscript(step: LayerStep) -> KernelFigures { step.label == nil ? unfused[step.rows[0]]! : fused[Key(step)]! }
}
