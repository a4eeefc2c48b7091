import Tessera

/// What one kernel launch, or one unfused row, covers of the table.
public struct LayerStep: Sendable {
  /// Ids of the rows whose work it does, in the table's order. Its figures stand on the last of them.
  public let rows: [String]
  /// The fused kernel's label; nil for an unfused row.
  public let label: String?
  public let calls: [OperatorCall]

  init(rows: [String], label: String?, calls: [OperatorCall]) {
    self.rows = rows
    self.label = label
    self.calls = calls
  }

  /// Whether it is a linear map and nothing else.
  var isLinearMap: Bool { calls.allSatisfy { [.linear, .baselineLinear].contains($0.descriptor) } }

  init(_ row: LayerRow) { self.init(rows: [row.id], label: nil, calls: row.calls) }
}

/// Steps that together do the whole layer, in order.
public struct LayerSequence: Sendable {
  /// nil for the unfused sequence.
  public let attention: LayerAttention?
  public let steps: [LayerStep]

  public var name: String { attention?.rawValue ?? "unfused" }

  /// Every row on its own.
  public static func unfused(_ rows: [LayerRow]) -> LayerSequence {
    LayerSequence(attention: nil, steps: rows.map { LayerStep($0) })
  }

  /// Each fused step in place of the rows that it covers, the other rows on their own. Rows that a fusion covers follow
  /// each other, and no row is covered twice.
  public static func fused(
    _ rows: [LayerRow], by fusions: [LayerStep], attention: LayerAttention
  ) -> LayerSequence {
    var steps: [LayerStep] = []
    for row in rows {
      if let fusion = fusions.first(where: { $0.rows.contains(row.id) }) {
        if fusion.rows.first == row.id { steps.append(fusion) }
      } else {
        steps.append(LayerStep(row))
      }
    }
    return LayerSequence(attention: attention, steps: steps)
  }
}
