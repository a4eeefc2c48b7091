import Tessera

/// One class's share of a layer or a pass, in per cent; each column adds up to 100.00. Coding keys are keys of the
/// JSON.
public struct DecoderClassShares: Encodable, Hashable, Sendable {
  public let operatorClass: OperatorClass
  public let flopPercent: Double
  /// Share of D.
  public let bytePercent: Double
  public let runtimePercent: Double

  private enum CodingKeys: String, CodingKey { case flopPercent, bytePercent, runtimePercent }

  /// One line for each class, highest first.
  static func all(_ rows: [DecoderMeasurement.Row]) -> [DecoderClassShares] {
    let classes = OperatorClass.allCases
    func shares(_ part: (DecoderMeasurement.Row) -> Double) -> [Double] {
      percentages(of: classes.map { wanted in rows.reduce(0) { $0 + ($1.operatorClass == wanted ? part($1) : 0) } })
    }
    let flops = shares { Double($0.cost.floatingPointOperations) }
    let bytes = shares { Double($0.cost.moved.byteCount) }
    let times = shares(\.nanoseconds)
    return classes.indices.map {
      DecoderClassShares(
        operatorClass: classes[$0], flopPercent: flops[$0], bytePercent: bytes[$0], runtimePercent: times[$0])
    }
  }
}
