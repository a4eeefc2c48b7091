import Tessera

extension CaseList {
  /// First and later steps, decays of 0, clipped and large gradients, and parameters whose rows have gaps, which other
  /// cases do not give what is learned.
  static func adamWCases() -> [VerificationCase] {
    let steps = [
      AdamWOptions(learningRate: 0.1, step: 1), AdamWOptions(learningRate: 0.02, weightDecay: 0.3, step: 7),
      AdamWOptions(learningRate: 1, epsilon: 0.5, weightDecay: 0, step: 100_000),
      AdamWOptions(learningRate: 0.3, firstDecay: 0, secondDecay: 0, step: 2),
      AdamWOptions(learningRate: 0.1, firstDecay: 0.5, secondDecay: 0.75, step: 3, gradientScale: 0.125),
      AdamWOptions(learningRate: 0, step: 4, gradientScale: -3), AdamWOptions(learningRate: 0.1, gradientScale: 0),
    ]
    return steps.enumerated().flatMap { index, step in
      [(CaseValues.uniform, 3, 37), (.wide, 2, 64), (.special, 20, 5), (.special, 1, 8000), (.uniform, 5, 4099)].flatMap
      {
        values, rows, columns in
        var apart = VerificationCase([.rows: rows, .columns: columns])
        (apart.values, apart.adamW) = (values, step)
        apart.notes = ["step \(index), \(values.rawValue) values"]
        var gaps = apart
        for name in ["parameters", "first-moments", "second-moments"] {
          let layout = MatrixLayout(rows: rows, columns: columns, rowStride: columns + 1 + name.count % 3, offset: 1)
          (gaps.layouts[name], gaps.layouts["earlier-" + name]) = (layout, layout)
        }
        gaps.notes.append("gaps")
        return [apart, gaps, apart.inPlace(of: "earlier-parameters"), gaps.inPlace(of: "earlier-parameters")]
      }
    }
  }
}
