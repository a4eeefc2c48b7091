import Tessera

/// A line of the paper's Table 1: PyTorch, forward and backward together.
public struct PaperShares: Encodable, Hashable, Sendable {
  public let operatorClass: OperatorClass
  public let flopPercent: Double
  public let runtimePercent: Double

  public static let all: [PaperShares] = [
    PaperShares(operatorClass: .tensorContraction, flopPercent: 99.80, runtimePercent: 61.0),
    PaperShares(operatorClass: .statisticalNormalization, flopPercent: 0.17, runtimePercent: 25.5),
    PaperShares(operatorClass: .elementWise, flopPercent: 0.03, runtimePercent: 13.5),
  ]

  private enum CodingKeys: String, CodingKey {
    case flopPercent, runtimePercent
  }
}
