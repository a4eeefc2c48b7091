extension OperatorDescriptor {
  private static let input = Operand("input", .batchedMatrix(.rows, .columns))
  private static let output = Operand("output", .batchedMatrix(.rows, .columns))
  private static let perElement = Count(1, .planes, .rows, .columns)

  /// output = input + bias
  public static let bias = OperatorDescriptor(
    name: "bias", operatorClass: .elementWise, formula: "output[r][c] = input[r][c] + bias[c]",
    floatingPointOperations: perElement,
    reads: [input, Operand("bias", .vector(.columns), role: .parameter)], writes: [output],
    aliasing: ["output": ["input"]])

  /// output = input · scale
  public static let scale = OperatorDescriptor(
    name: "scale", operatorClass: .elementWise, formula: "output[r][c] = scale · input[r][c]",
    floatingPointOperations: perElement, reads: [input], writes: [output], aliasing: ["output": ["input"]],
    options: [.scale])

  /// output = max(input, 0)
  public static let relu = activation(.relu, "max(input[r][c], 0)")
  /// output = input · Φ(input), Φ the normal distribution
  public static let gelu = activation(.gelu, "input[r][c] · (1 + erf(input[r][c] / √2)) / 2")
  /// The approximation of GELU with tanh.
  public static let geluTanh = activation(
    .geluTanh, "input[r][c] · (1 + tanh(√(2/π) · (input[r][c] + 0.044715 · input[r][c]³))) / 2")
  /// output = input · sigmoid(input)
  public static let silu = activation(.silu, "input[r][c] / (1 + exp(−input[r][c]))")

  /// The unfused operator of an activation. By the paper's convention for ReLU an activation has no FLOPs.
  public static func activation(_ activation: Activation) -> OperatorDescriptor {
    switch activation {
    case .relu: relu
    case .gelu: gelu
    case .geluTanh: geluTanh
    case .silu: silu
    }
  }

  private static func activation(_ activation: Activation, _ formula: String) -> OperatorDescriptor {
    OperatorDescriptor(
      name: activation.rawValue, operatorClass: .elementWise, formula: "output[r][c] = " + formula,
      floatingPointOperations: Count(0), reads: [input], writes: [output], aliasing: ["output": ["input"]])
  }

  /// output = kept ? input / (1 − p) : 0, with the mask stored
  public static let dropout = OperatorDescriptor(
    name: "dropout", operatorClass: .elementWise,
    formula: "output[p][r][c] = mask[p][r][c] · input[p][r][c] / (1 − p_effective)",
    floatingPointOperations: perElement, dropoutDraws: perElement, reads: [input],
    writes: [output, Operand("mask", .batchedMatrix(.rows, .columns), .uint8, role: .mask)],
    aliasing: ["output": ["input"]])

  /// output = input + residual
  public static let residual = OperatorDescriptor(
    name: "residual", operatorClass: .elementWise, formula: "output[r][c] = input[r][c] + residual[r][c]",
    floatingPointOperations: perElement,
    reads: [input, Operand("residual", .batchedMatrix(.rows, .columns))], writes: [output],
    aliasing: ["output": ["input"]])
}
