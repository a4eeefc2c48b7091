import Tessera

/// The sweep's numbers as a table, and the lines around it.
enum SweepTables {
  static let title = "Linear maps of an encoder layer against the number of tokens"

  static func points(_ sweep: TokenSweep) -> Table {
    Table(
      title: "Time of the four linear maps of one layer", groups: [],
      columns: [
        figure("tokens", "tokens"), figure("µs", "microseconds"), figure("spread %", "spread"),
        figure("GFLOP/s", "gflops"), figure("%peak", "percentOfPeak"),
        figure("weights GB/s", "weightGigabytesPerSecond"), .init("floor or line µs"),
      ],
      rowNames: sweep.points.map { "\($0.tokens)" },
      rows: sweep.points.map { point in
        let fitted = max(sweep.fit.floor, sweep.fit.slope * Double(point.tokens))
        return [
          Table.Cell("\(point.tokens)"), Table.Cell(Number.fixed(point.microseconds, 1)),
          Table.Cell(Number.fixed(point.spread * 100, 1)), Table.Cell(Number.fixed(point.gflops, 1)),
          Table.Cell(Number.fixed(point.percentOfPeak, 1)), Table.Cell(Number.fixed(point.weightGigabytesPerSecond, 1)),
          Table.Cell(Number.fixed(fitted, 1)),
        ]
      },
      notes: [
        "Each call finds other weights, which no cache holds. Weights GB/s: their bytes over the time.",
        "Floor or line: the larger of a constant and of a time for each token, fitted to the logarithms.",
      ])
  }

  private static func figure(_ title: String, _ key: String) -> Table.Column {
    Table.Column(title, key: "points.*." + key)
  }

  static func problem(_ sweep: TokenSweep) -> [String] {
    let problem = sweep.problem
    return [
      "problem: hidden \(problem.hidden), feed-forward \(problem.feedforward), \(problem.parameters) parameters a "
        + "layer, \(Number.megabytes(problem.weightBytes)) MB in f32, \(counted(sweep.layerCount, "layer")) in turn",
      "\(counted(sweep.runs, "run")) over all numbers of tokens, \(TokenSweep.callsPerRun) calls of "
        + "each; medians",
    ]
  }

  static func ridge(_ sweep: TokenSweep) -> [String] {
    func fixed(_ value: Double, _ decimals: Int = 1) -> String { Number.fixed(value, decimals) }
    return [
      "ridge, predicted: \(fixed(sweep.predictedRidge)) tokens = peak · \(SweepProblem.bytesPerParameter) bytes / "
        + "(2 · read bandwidth)",
      "ridge, measured: \(fixed(sweep.fit.ridge)) tokens, where the fitted floor and the fitted line meet "
        + "(a point's error \(fixed(sweep.fit.error * 100)) %)",
      "floor: \(fixed(sweep.fit.floor)) µs, \(fixed(sweep.fit.floor / sweep.weightReadMicroseconds, 2)) times reading "
        + "the weights (\(fixed(sweep.weightReadMicroseconds)) µs)",
      "line: \(fixed(sweep.fit.slope, 2)) µs a token, "
        + "\(fixed(sweep.fit.slope / sweep.peakMicrosecondsPerToken, 2)) times the peak's "
        + "(\(fixed(sweep.peakMicrosecondsPerToken, 2)) µs)",
    ]
  }
}
