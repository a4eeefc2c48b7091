import Tessera

/// Time of one sequence over another's, by rows: on each row where kernels of both have ended and none is under way, of
/// the rows since the last such one.
struct SequenceRatios {
  private var ratios: [String: Double] = [:]

  subscript(row: String) -> Double? { ratios[row] }

  /// `rows` in the table's order, which both sequences cover.
  init(_ rows: [LayerRow], of first: [LayerStep], over second: [LayerStep], _ figures: StepFigures) {
    var (first, second) = (Progress(first), Progress(second))
    for row in rows {
      first.pass(row.id, figures)
      second.pass(row.id, figures)
      guard first.isDone, second.isDone, second.microseconds > 0 else { continue }
      ratios[row.id] = first.microseconds / second.microseconds
      (first.microseconds, second.microseconds) = (0, 0)
    }
  }

  /// A sequence on its way through the table.
  private struct Progress {
    private let steps: [String: LayerStep]
    /// Rows to come of kernels that have begun.
    private var awaited: Set<String> = []
    var microseconds = 0.0

    var isDone: Bool { awaited.isEmpty }

    init(_ steps: [LayerStep]) {
      self.steps = Dictionary(
        uniqueKeysWithValues: steps.flatMap { step in step.rows.map { ($0, step) } })
    }

    /// A kernel's time counts on its last row.
    mutating func pass(_ row: String, _ figures: StepFigures) {
      guard let step = steps[row] else { return }
      if step.rows.first == row { awaited.formUnion(step.rows) }
      awaited.remove(row)
      if step.rows.last == row { microseconds += figures[step].microseconds }
    }
  }
}
