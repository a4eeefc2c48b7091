import TesseraModels

/// The course of a training: figures of each step, as a table and as a picture.
public struct TrainingCurve: Sendable {
  public struct Point: Hashable, Sendable {
    public var step: Int
    public var loss: Float
    public var gradientNorm, learningRate, tokensPerSecond: Double
  }

  public private(set) var points: [Point] = []

  private static let head = "step,loss,gradient norm,learning rate,tokens/s"

  public init() {}

  /// A table that `csv` gave, up to a step; lines that are not of such a table are passed over.
  public init(csv: String, through step: Int) {
    for line in csv.split(whereSeparator: \.isNewline) {
      let fields = line.split(separator: ",").map(String.init)
      guard fields.count == 5, let number = Int(fields[0]), number <= step, let loss = Float(fields[1]),
        let norm = Double(fields[2]), let rate = Double(fields[3]), let speed = Double(fields[4])
      else { continue }
      points.append(
        Point(step: number, loss: loss, gradientNorm: norm, learningRate: rate, tokensPerSecond: speed))
    }
  }

  public mutating func append(_ figures: Trainer.Figures, tokensPerSecond: Double) {
    points.append(
      Point(
        step: figures.step, loss: figures.loss, gradientNorm: figures.gradientNorm,
        learningRate: figures.learningRate, tokensPerSecond: tokensPerSecond))
  }

  /// Figures are written so that reading them gives the same bits.
  public var csv: String {
    let lines = points.map {
      "\($0.step),\($0.loss),\($0.gradientNorm),\($0.learningRate),\(Number.fixed($0.tokensPerSecond, 0))"
    }
    return ([Self.head] + lines).joined(separator: "\n") + "\n"
  }

  /// The loss of every step, and its mean over the last of them.
  public var picture: Picture {
    let steps = points.map { Double($0.step) }
    let losses = points.map { Double($0.loss) }
    var lines = PictureStyle.head("training", width: 960, height: 480)
    lines += [
      "set lmargin at screen 0.08", "set rmargin at screen 0.985", "set xlabel 'steps'",
      "set ylabel 'loss, nats a token' offset 0.5", "set key right top",
      "set xrange [0:\(max(1, steps.last ?? 1))]", "set yrange [0:*]",
    ]
    lines += PictureStyle.data("losses", zip(steps, losses).map { [$0, $1] })
    lines += PictureStyle.data("means", zip(steps, Self.means(losses)).map { [$0, $1] })
    lines += [
      "plot $losses with lines lc rgb '\(PictureStyle.grid)' title 'of a step', \\",
      "  $means with lines lw 2 lc rgb '\(PictureStyle.fused)' title 'mean of 20 steps'",
    ]
    return Picture(
      name: "training", title: "Loss over the steps of a training", script: lines.joined(separator: "\n") + "\n")
  }

  private static let stepsOfMean = 20

  /// Of each value and up to 19 before it.
  private static func means(_ values: [Double]) -> [Double] {
    values.indices.map { index in
      let part = values[max(0, index - stepsOfMean + 1)...index]
      return part.reduce(0, +) / Double(part.count)
    }
  }
}
