import CTesseraKernels

/// Stages of an element-wise kernel; they run in the order in which they stand here, at most one activation among them.
struct ElementwiseStages: OptionSet, Hashable {
  let rawValue: Int

  static let scale = ElementwiseStages(rawValue: 1 << 0)
  static let bias = ElementwiseStages(rawValue: 1 << 1)
  static let relu = ElementwiseStages(rawValue: 1 << 2)
  static let gelu = ElementwiseStages(rawValue: 1 << 3)
  static let geluTanh = ElementwiseStages(rawValue: 1 << 4)
  static let silu = ElementwiseStages(rawValue: 1 << 5)
  static let gate = ElementwiseStages(rawValue: 1 << 6)
  static let dropout = ElementwiseStages(rawValue: 1 << 7)
  static let residual = ElementwiseStages(rawValue: 1 << 8)

  static func activation(_ activation: Activation) -> ElementwiseStages {
    switch activation {
    case .relu: .relu
    case .gelu: .gelu
    case .geluTanh: .geluTanh
    case .silu: .silu
    }
  }
}

extension ElementwisePlan {
  /// One step of an element-wise operator, with what it needs besides operands.
  enum Stage: Sendable {
    case scale(Float)
    /// + bias[c]
    case bias
    case activation(Activation)
    /// · up[r][c]
    case gate
    case dropout(Dropout)
    /// + residual[r][c]
    case residual

    var kind: ElementwiseStages {
      switch self {
      case .scale: .scale
      case .bias: .bias
      case .activation(let activation): .activation(activation)
      case .gate: .gate
      case .dropout: .dropout
      case .residual: .residual
      }
    }
  }
}
