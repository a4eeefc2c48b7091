extension OperatorDescriptor {
  private static let input = Operand("input", .matrix(.rows, .depth))
  private static let weight = Operand("weight", .matrix(.columns, .depth), role: .parameter)
  private static let biasVector = Operand("bias", .vector(.columns), role: .parameter)
  private static let output = Operand("output", .matrix(.rows, .columns))
  private static let product = Count(2, .rows, .columns, .depth)
  private static let perElement = Count(1, .rows, .columns)

  /// The joint projection of queries, keys and values, with the paper's AIB on its result.
  public static let linearAttentionInputBias = OperatorDescriptor(
    name: "linear-attention-input-bias", label: "L-AIB", operatorClass: .tensorContraction, fuses: ["linear", "bias"],
    formula: """
      queries[b][h][i][d] = Σ_k input[b][i][k] · weight[h, d][k] + bias[h, d]; keys and values likewise, of the \
      heads after those
      """,
    floatingPointOperations: Count(2, [.batch, .queryLength, .queryHeads, .headDimension, .depth])
      + Count(4, [.batch, .queryLength, .keyValueHeads, .headDimension, .depth])
      + attentionInputBias.floatingPointOperations,
    reads: [
      Operand("input", .tokens(rows: .queryLength, columns: .depth)),
      Operand("weight", .projectionMatrix(columns: .depth), role: .parameter),
      Operand("bias", .projectionVector, role: .parameter),
    ], writes: attentionInputBias.writes, options: [.packedWeights])

  /// A linear map with the paper's BRD of any activation on its result. Training keeps the result before its bias where
  /// the activation's gradient needs it, `keepsResult`.
  public static func linearBiasActivationDropout(keepsResult: Bool = true) -> OperatorDescriptor {
    OperatorDescriptor(
      name: "linear-bias-activation-dropout", label: "L-BRD", operatorClass: .tensorContraction,
      fuses: ["linear", "bias", "activation", "dropout"],
      formula: "output[r][c] = dropout(activation(Σ_k input[r][k] · weight[c][k] + bias[c]))",
      // Bias 1, activation 0, dropout 1.
      floatingPointOperations: product + Count(2, .rows, .columns), dropoutDraws: perElement,
      reads: [input, weight, biasVector],
      writes: [output]
        + (keepsResult ? [Operand("activation-input", .matrix(.rows, .columns), keptForBackward: true)] : []),
      options: [.activation, .packedWeights])
  }

  /// A linear map with the paper's BDR on its result. It keeps nothing.
  public static let linearBiasDropoutResidual = OperatorDescriptor(
    name: "linear-bias-dropout-residual", label: "L-BDR", operatorClass: .tensorContraction,
    fuses: ["linear", "bias", "dropout", "residual"],
    formula: "output[r][c] = dropout(Σ_k input[r][k] · weight[c][k] + bias[c]) + residual[r][c]",
    floatingPointOperations: product + Count(3, .rows, .columns), dropoutDraws: perElement,
    reads: [input, weight, biasVector, Operand("residual", .matrix(.rows, .columns))], writes: [output],
    aliasing: ["output": ["residual"]], options: [.packedWeights])

  /// A linear map whose result is added to a residual. It keeps nothing.
  public static let linearResidual = linearResidual(storedAs: nil)

  /// The same with weights that are stored as this type.
  static func linearResidual(storedAs type: ElementType?) -> OperatorDescriptor {
    OperatorDescriptor(
      name: "linear-residual", operatorClass: .tensorContraction, fuses: ["linear", "residual"],
      formula: "output[r][c] = Σ_k input[r][k] · weight[c][k] + residual[r][c]",
      floatingPointOperations: product + perElement,
      reads: [input, weight("weight", storedAs: type), Operand("residual", .matrix(.rows, .columns))],
      writes: [output], aliasing: ["output": ["residual"]], options: [.packedWeights])
  }

  /// A weight as its floats, or as stored blocks.
  private static func weight(_ name: String, storedAs type: ElementType?) -> Operand {
    Operand(
      name, .matrix(.columns, .depth), type ?? .float32, content: type == nil ? .values : .stored, role: .parameter)
  }

  /// Two linear maps of one input, and the activation of one result times the other.
  public static let linearGatedActivation = linearGatedActivation(storedAs: nil)

  /// The same with weights that are stored as this type.
  static func linearGatedActivation(storedAs type: ElementType?) -> OperatorDescriptor {
    OperatorDescriptor(
      name: "linear-gated-activation", operatorClass: .tensorContraction, fuses: ["linear", "activation", "gate"],
      formula: """
        output[r][c] = activation(gate[r][c]) · up[r][c],  gate[r][c] = Σ_k input[r][k] · gate-weight[c][k], up \
        likewise
        """,
      // Activation 0, gate 1.
      floatingPointOperations: Count(4, .rows, .columns, .depth) + perElement,
      reads: [
        input, weight("gate-weight", storedAs: type), weight("up-weight", storedAs: type),
      ],
      writes: [
        output, Operand("gate", .matrix(.rows, .columns), keptForBackward: true),
        Operand("up", .matrix(.rows, .columns), keptForBackward: true),
      ], options: [.activation, .packedWeights])
  }

  /// A linear map with the paper's BDRLN on its result.
  public static let linearBiasDropoutResidualLayerNorm = linearBiasDropoutResidualNorm(.layer)

  /// The same with RMS norm.
  public static let linearBiasDropoutResidualRMSNorm = linearBiasDropoutResidualNorm(.rootMeanSquare)

  /// What `biasDropoutResidualNorm` is, of a linear map's result; the norm's parameters have its name before theirs.
  static func linearBiasDropoutResidualNorm(
    _ norm: Norm, hasBias: Bool = true, returnsSum: Bool = false
  ) -> OperatorDescriptor {
    let alone = biasDropoutResidualNorm(norm, hasBias: hasBias, returnsSum: returnsSum)
    let parameters = alone.reads.filter { $0.role == .parameter && $0.name != biasVector.name }
    return OperatorDescriptor(
      name: "linear-" + alone.name, label: alone.label.map { "L-" + $0 }, operatorClass: .tensorContraction,
      fuses: ["linear"] + alone.fuses,
      formula: alone.formula.replacing("input[r][c]", with: "Σ_k input[r][k] · weight[c][k]"),
      floatingPointOperations: product + alone.floatingPointOperations, dropoutDraws: perElement,
      reads: [input, weight] + alone.reads.filter { $0.name == biasVector.name || $0.name == "residual" }
        + parameters.map { Operand("norm-" + $0.name, $0.shape, role: .parameter) },
      writes: alone.writes, aliasing: ["sum": ["residual"]], options: [.epsilon, .bias, .sum, .packedWeights])
  }
}
