import CTesseraKernels

/// Stages of an element-wise kernel, by the bits of tsr_elementwise.h.
struct ElementwiseStages: OptionSet, Hashable {
  let rawValue: Int

  static var scale: Self { Self(rawValue: Int(TSR_STAGE_SCALE)) }
  static var bias: Self { Self(rawValue: Int(TSR_STAGE_BIAS)) }
  static var relu: Self { Self(rawValue: Int(TSR_STAGE_RELU)) }
  static var gelu: Self { Self(rawValue: Int(TSR_STAGE_GELU)) }
  static var geluTanh: Self { Self(rawValue: Int(TSR_STAGE_GELU_TANH)) }
  static var silu: Self { Self(rawValue: Int(TSR_STAGE_SILU)) }
  static var gate: Self { Self(rawValue: Int(TSR_STAGE_GATE)) }
  static var dropout: Self { Self(rawValue: Int(TSR_STAGE_DROPOUT)) }
  static var residual: Self { Self(rawValue: Int(TSR_STAGE_RESIDUAL)) }

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
