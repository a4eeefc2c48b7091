import Tessera

/// A step of a sequence as totals and classes count it: fused kernels with the figures that stand in the table, every
/// other row with its unfused ones.
struct Contribution {
  /// The highest among the rows that the step covers.
  var operatorClass: OperatorClass
  var microseconds: Double
  /// Q, D, the part of D that was taken as Q, and D with Q in its place where the step is a linear map.
  var leastBytes, bytes, modelledBytes, bytesLinearAsLeast: Int

  static func all(_ steps: [LayerStep], of rows: [LayerRow], _ figures: StepFigures) -> [Contribution] {
    let classes = Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0.operatorClass) })
    return steps.map { step in
      let own = figures[step]
      return Contribution(
        operatorClass: step.rows.map { classes[$0]! }.max()!, microseconds: own.microseconds,
        leastBytes: own.leastBytes, bytes: own.bytes,
        modelledBytes: own.modelled ? own.bytes : 0, bytesLinearAsLeast: step.isLinearMap ? own.leastBytes : own.bytes)
    }
  }
}
