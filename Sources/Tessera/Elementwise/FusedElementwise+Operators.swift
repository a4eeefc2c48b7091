extension OperatorDescriptor {
  private static let input = Operand("input", .batchedMatrix(.rows, .columns))
  private static let output = Operand("output", .batchedMatrix(.rows, .columns))
  private static let biasVector = Operand("bias", .vector(.columns), role: .parameter)
  private static let residualMatrix = Operand("residual", .batchedMatrix(.rows, .columns))
  private static let perElement = Count(1, .planes, .rows, .columns)

  /// The paper's BRD with any activation: output = dropout(activation(input + bias)). It keeps nothing.
  public static let biasActivationDropout = OperatorDescriptor(
    name: "bias-activation-dropout", label: "BRD", operatorClass: .elementWise,
    fuses: ["bias", "activation", "dropout"],
    formula:
      "output[p][r][c] = dropout(activation(input[p][r][c] + bias[c])),  activation: relu, gelu, gelu-tanh or silu",
    // Bias 1, activation 0, dropout 1.
    floatingPointOperations: Count(2, .planes, .rows, .columns), dropoutDraws: perElement,
    reads: [input, biasVector], writes: [output], aliasing: ["output": ["input"]], options: [.activation])

  /// The paper's BDR: output = dropout(input + bias) + residual. It keeps nothing.
  public static let biasDropoutResidual = OperatorDescriptor(
    name: "bias-dropout-residual", label: "BDR", operatorClass: .elementWise, fuses: ["bias", "dropout", "residual"],
    formula: "output[p][r][c] = dropout(input[p][r][c] + bias[c]) + residual[p][r][c]",
    floatingPointOperations: Count(3, .planes, .rows, .columns), dropoutDraws: perElement,
    reads: [input, biasVector, residualMatrix], writes: [output], aliasing: ["output": ["input", "residual"]])

  /// output = relu(input + bias) + residual
  public static let biasReLUResidual = OperatorDescriptor(
    name: "bias-relu-residual", operatorClass: .elementWise, fuses: ["bias", "relu", "residual"],
    formula: "output[r][c] = max(input[r][c] + bias[c], 0) + residual[r][c]",
    floatingPointOperations: Count(2, .planes, .rows, .columns), reads: [input, biasVector, residualMatrix],
    writes: [output],
    aliasing: ["output": ["input"]])

  /// output = max(gate, 0) · up
  public static let reGLU = gated("reglu", .relu)
  /// output = gelu(gate) · up
  public static let geGLU = gated("geglu", .gelu)
  /// output = gelu-tanh(gate) · up
  public static let geGLUTanh = gated("geglu-tanh", .geluTanh)
  /// output = silu(gate) · up
  public static let swiGLU = gated("swiglu", .silu)

  /// The gated form of an activation.
  public static func gated(_ activation: Activation) -> OperatorDescriptor {
    switch activation {
    case .relu: reGLU
    case .gelu: geGLU
    case .geluTanh: geGLUTanh
    case .silu: swiGLU
    }
  }

  private static func gated(_ name: String, _ activation: Activation) -> OperatorDescriptor {
    OperatorDescriptor(
      name: name, operatorClass: .elementWise, fuses: [activation.rawValue, "gate"],
      formula: "output[r][c] = \(activation.rawValue)(gate[r][c]) · up[r][c]",
      // Activation 0, gate 1.
      floatingPointOperations: perElement,
      reads: [Operand("gate", .batchedMatrix(.rows, .columns)), Operand("up", .batchedMatrix(.rows, .columns))],
      writes: [output], aliasing: ["output": ["gate"]])
  }
}

extension OperatorEntry {
  static let biasActivationDropout = elementwise(.biasActivationDropout) { request throws(TesseraError) in
    [.bias, .activation(request.activation)] + (try trainingDropout(request))
  }
  static let biasDropoutResidual = elementwise(.biasDropoutResidual) { request throws(TesseraError) in
    [.bias] + (try trainingDropout(request)) + [.residual]
  }
  static let biasReLUResidual = elementwise(.biasReLUResidual) { _ in [.bias, .activation(.relu), .residual] }
  static let reGLU = elementwise(.reGLU) { _ in [.activation(.relu), .gate] }
  static let geGLU = elementwise(.geGLU) { _ in [.activation(.gelu), .gate] }
  static let geGLUTanh = elementwise(.geGLUTanh) { _ in [.activation(.geluTanh), .gate] }
  static let swiGLU = elementwise(.swiGLU) { _ in [.activation(.silu), .gate] }

  /// Inference drops nothing.
  private static func trainingDropout(_ request: OperatorRequest) throws(TesseraError) -> [ElementwisePlan.Stage] {
    let dropout = try request.dropout
    return request.mode == .training ? [.dropout(dropout)] : []
  }
}
