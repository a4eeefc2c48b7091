import Tessera

/// A step of the fused sequence as totals and classes count it: fused kernels with their own figures, every other row
/// with its unfused ones.
struct Contribution {
  /// The highest among the rows that the step covers.
  var operatorClass: OperatorClass
  var microseconds: Double
  var bytes: Int

  static func all(_ measurement: LayerMeasurement, unfused: [String: KernelFigures]) -> [Contribution] {
    let classes = Dictionary(uniqueKeysWithValues: measurement.layer.rows.map { ($0.id, $0.operatorClass) })
    let sequence = measurement.fused
    return sequence.steps.enumerated().map { index, step in
      let isFused = step.label != nil
      let own = unfused[step.rows[0]]!
      return Contribution(
        operatorClass: step.rows.map { classes[$0]! }.max()!,
        microseconds: isFused ? max(1, sequence.times[index].median) / 1000 : own.microseconds,
        bytes: isFused ? sequence.costs[index].moved.byteCount : own.bytes)
    }
  }
}
