/// The classes of "Data Movement Is All You Need" (Ivanov et al., MLSys 2021), section 3, highest first.
public enum OperatorClass: String, CaseIterable, Codable, Comparable, Sendable {
  /// Δ: matrix products, batched or not.
  case tensorContraction = "tensor contraction"
  /// □: a reduction, then a map: softmax, layer norm.
  case statisticalNormalization = "statistical normalization"
  /// ○: bias, dropout, activation, residual.
  case elementWise = "element-wise"

  public var mark: String {
    switch self {
    case .tensorContraction: "Δ"
    case .statisticalNormalization: "□"
    case .elementWise: "○"
    }
  }

  /// Lowest to highest: a fused kernel's time counts in the highest class of what it fuses.
  public static func < (left: Self, right: Self) -> Bool {
    allCases.firstIndex(of: left)! > allCases.firstIndex(of: right)!
  }
}
