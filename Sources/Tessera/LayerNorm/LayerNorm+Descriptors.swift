extension OperatorDescriptor {
  private static let layerNormParameters = [
    Operand("weight", .vector(.columns), role: .parameter), Operand("shift", .vector(.columns), role: .parameter),
  ]

  /// Layer normalisation over the columns of each row (Ba, Kiros, Hinton 2016).
  public static let layerNorm = OperatorDescriptor(
    name: "layer-norm", operatorClass: .statisticalNormalization,
    formula: "output[r][c] = (input[r][c] − mean[r]) / √(variance[r] + ε) · weight[c] + shift[c]",
    floatingPointOperations: Count(7, .rows, .columns),
    reads: [Operand("input", .matrix(.rows, .columns))] + layerNormParameters,
    writes: [Operand("output", .matrix(.rows, .columns))], aliasing: ["output": "input"])

  /// The paper's BDRLN: bias, dropout, residual and layer norm with each tensor crossing memory once.
  public static let biasDropoutResidualLayerNorm = OperatorDescriptor(
    name: "bias-dropout-residual-layer-norm", label: "BDRLN", operatorClass: .statisticalNormalization,
    fuses: ["bias", "dropout", "residual", "layer-norm"],
    formula: "output[r] = layerNorm(sum[r]),  sum[r][c] = dropout(input[r][c] + bias[c]) + residual[r][c]",
    floatingPointOperations: Count(10, .rows, .columns), dropoutDraws: Count(1, .rows, .columns),
    reads: [
      Operand("input", .matrix(.rows, .columns)), Operand("bias", .vector(.columns), role: .parameter),
      Operand("residual", .matrix(.rows, .columns)),
    ] + layerNormParameters,
    writes: [
      Operand("output", .matrix(.rows, .columns)),
      Operand("sum", .matrix(.rows, .columns), keptForBackward: true),
      Operand("mean", .vector(.rows), role: .rowStatistic, keptForBackward: true),
      Operand("inverse-deviation", .vector(.rows), role: .rowStatistic, keptForBackward: true),
    ], aliasing: ["output": "input"])
}
