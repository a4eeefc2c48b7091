/// How the rows add up to a pass, and what a pass took; coding keys are keys of the JSON.
public struct DecoderTotals: Encodable, Hashable, Sendable {
  public let layers: Int
  /// Sum over a layer's rows.
  public let layerMicroseconds: Double
  /// Sum over the rows that a pass has once.
  public let onceMicroseconds: Double
  /// layers · layer + once.
  public let passMicroseconds: Double
  /// The same sum over the rows' bounds.
  public let passBoundMicroseconds: Double
  /// The operations of a pass, exactly.
  public let floatingPointOperations: Int
  /// D.
  public let bytes: Int
  /// Q.
  public let leastBytes: Int
  /// Median of whole passes that were not counted.
  public let measuredMicroseconds: Double
  public let measuredSpread: Double
  /// The rate of the measured pass.
  public let tokensPerSecond: Double

  init(_ measurement: DecoderMeasurement, layer: [DecoderReportRow], once: [DecoderReportRow]) {
    let layers = measurement.problem.model.configuration.layers
    func sum(_ rows: [DecoderReportRow], _ figure: (KernelFigures) -> Double) -> Double {
      rows.reduce(0) { $0 + figure($1.figures) }
    }
    func pass(_ figure: (KernelFigures) -> Double) -> Double {
      Double(layers) * sum(layer, figure) + sum(once, figure)
    }
    let costs = (measurement.layer + measurement.once).map(\.cost)
    self.layers = layers
    layerMicroseconds = sum(layer, \.microseconds)
    onceMicroseconds = sum(once, \.microseconds)
    passMicroseconds = pass(\.microseconds)
    passBoundMicroseconds = pass { $0.boundMicroseconds! }
    floatingPointOperations = costs.reduce(0) { $0 + $1.floatingPointOperations }
    bytes = costs.reduce(0) { $0 + $1.moved.byteCount }
    leastBytes = costs.reduce(0) { $0 + $1.least.byteCount }
    measuredMicroseconds = max(1, measurement.whole.median) / 1000
    measuredSpread = measurement.whole.spread
    tokensPerSecond = Double(measurement.problem.tokenCount) / measuredMicroseconds * 1e6
  }
}
