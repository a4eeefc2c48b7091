import Tessera

/// What one kernel launch, or one unfused row, covers of the table.
public struct LayerStep: Sendable {
  /// Ids of the rows whose work it does, in the table's order. Its figures stand on the last of them.
  public let rows: [String]
  /// The fused kernel's label; nil for an unfused row.
  public let label: String?
  public let calls: [OperatorCall]
  /// What it runs with that the sequence's other steps need not; nil: what all do.
  let tuning: StepTuning?

  init(rows: [String], label: String?, calls: [OperatorCall], tuning: StepTuning? = nil) {
    (self.rows, self.label, self.calls, self.tuning) = (rows, label, calls, tuning)
  }

  /// The same step, run so.
  func tuned(_ tuning: StepTuning) -> LayerStep {
    LayerStep(rows: rows, label: label, calls: calls, tuning: tuning)
  }

  /// Whether it is a linear map, with what rides on it or nothing.
  var isLinearMap: Bool {
    calls.allSatisfy {
      [.linear, .baselineLinear].contains($0.descriptor) || $0.descriptor.fuses.contains("linear")
        || $0.descriptor.fuses.contains("linear-input-gradient") || Self.linearGradients.contains($0.descriptor.name)
    }
  }

  private static let linearGradients = Set(
    [
      .linearInputGradient, .linearWeightGradient, .baselineLinearInputGradient, .baselineLinearWeightGradient,
    ].map { (descriptor: OperatorDescriptor) in descriptor.name })

  init(_ row: LayerRow) { self.init(rows: [row.id], label: nil, calls: row.calls) }
}

/// Instructions and cuts of one step.
struct StepTuning: Hashable, Sendable {
  var instructionSet: InstructionSet
  var products: ProductTuning
}

/// Steps that together do the whole layer, or a half of a training step, in order.
public struct LayerSequence: Sendable {
  /// nil for the unfused sequence.
  public let fusion: LayerFusion?
  public let steps: [LayerStep]
  /// What runs before, untimed: the forward half, where the backward one is measured alone.
  let preparation: [LayerStep]

  init(fusion: LayerFusion?, steps: [LayerStep], preparation: [LayerStep] = []) {
    (self.fusion, self.steps, self.preparation) = (fusion, steps, preparation)
  }

  /// The same sequence of which only steps of these rows are measured; what is before them runs first.
  func measuring(_ rows: [LayerRow]) -> LayerSequence {
    let measured = Set(rows.map(\.id))
    return LayerSequence(
      fusion: fusion, steps: steps.filter { measured.contains($0.rows[0]) },
      preparation: steps.filter { !measured.contains($0.rows[0]) })
  }

  public var name: String { fusion?.name ?? "unfused" }

  /// Every row on its own.
  public static func unfused(_ rows: [LayerRow]) -> LayerSequence {
    LayerSequence(fusion: nil, steps: rows.map { LayerStep($0) })
  }

  /// Each fused step in place of the first of the rows that it covers, the other rows on their own. A step has its rows
  /// in the table's order, and no row is covered twice.
  public static func fused(
    _ rows: [LayerRow], by fusions: [LayerStep], _ fusion: LayerFusion
  ) -> LayerSequence {
    var steps: [LayerStep] = []
    for row in rows {
      if let step = fusions.first(where: { $0.rows.contains(row.id) }) {
        if step.rows.first == row.id { steps.append(step) }
      } else {
        steps.append(LayerStep(row))
      }
    }
    return LayerSequence(fusion: fusion, steps: steps)
  }
}
