/// The norms that the family has, by what a row is divided by.
enum Norm: Sendable {
  /// The deviation from the row's mean.
  case layer
  /// The deviation from 0.
  case rootMeanSquare
}

extension OperatorDescriptor {
  private static let weight = Operand("weight", .vector(.columns), role: .parameter)
  private static let shift = Operand("shift", .vector(.columns), role: .parameter)

  /// Layer normalisation over the columns of each row (Ba, Kiros, Hinton 2016).
  public static let layerNorm = OperatorDescriptor(
    name: "layer-norm", operatorClass: .statisticalNormalization,
    formula: "output[r][c] = (input[r][c] − mean[r]) / √(variance[r] + ε) · weight[c] + shift[c]",
    floatingPointOperations: Count(7, .rows, .columns),
    reads: [Operand("input", .matrix(.rows, .columns)), weight, shift],
    writes: [Operand("output", .matrix(.rows, .columns))], aliasing: ["output": ["input"]], options: [.epsilon])

  /// RMS normalisation over the columns of each row (Zhang, Sennrich 2019). FLOPs an element: square, sum, two products.
  public static let rmsNorm = OperatorDescriptor(
    name: "rms-norm", operatorClass: .statisticalNormalization,
    formula: "output[r][c] = input[r][c] / √(mean(input[r]²) + ε) · weight[c]",
    floatingPointOperations: Count(4, .rows, .columns),
    reads: [Operand("input", .matrix(.rows, .columns)), weight],
    writes: [
      Operand("output", .matrix(.rows, .columns)),
      Operand("inverse-root-mean-square", .vector(.rows), role: .rowStatistic, keptForBackward: true),
    ], aliasing: ["output": ["input"]], options: [.epsilon])

  /// The paper's BDRLN: bias, dropout, residual and layer norm with each tensor crossing memory once.
  public static let biasDropoutResidualLayerNorm = biasDropoutResidualNorm(.layer)

  /// The same with RMS norm.
  public static let biasDropoutResidualRMSNorm = biasDropoutResidualNorm(.rootMeanSquare)

  /// A call that lacks the bias reads and adds none; one that returns the sum writes it in inference as well.
  static func biasDropoutResidualNorm(
    _ norm: Norm, hasBias: Bool = true, returnsSum: Bool = false
  ) -> OperatorDescriptor {
    let alone: OperatorDescriptor = norm == .layer ? .layerNorm : .rmsNorm
    let function = norm == .layer ? "layerNorm" : "rmsNorm"
    let matrix = Operand.Shape.matrix(.rows, .columns)
    let statistics =
      norm == .layer
      ? [
        Operand("mean", .vector(.rows), role: .rowStatistic, keptForBackward: true),
        Operand("inverse-deviation", .vector(.rows), role: .rowStatistic, keptForBackward: true),
      ] : alone.writes.filter(\.isKeptForBackward)
    let bias = Operand("bias", .vector(.columns), role: .parameter, optional: true)
    return OperatorDescriptor(
      name: "bias-dropout-residual-" + alone.name, label: norm == .layer ? "BDRLN" : nil,
      operatorClass: .statisticalNormalization,
      fuses: (hasBias ? ["bias"] : []) + ["dropout", "residual", alone.name],
      formula: "output[r] = \(function)(sum[r]),  sum[r][c] = dropout(input[r][c] + bias[c]) + residual[r][c]",
      floatingPointOperations: Count((norm == .layer ? 9 : 6) + (hasBias ? 1 : 0), .rows, .columns),
      dropoutDraws: Count(1, .rows, .columns),
      reads: [Operand("input", matrix)] + (hasBias ? [bias] : []) + [Operand("residual", matrix)]
        + alone.reads.filter { $0.role == .parameter },
      writes: [
        Operand("output", matrix), Operand("sum", matrix, keptForBackward: !returnsSum, returnable: true),
      ] + statistics, aliasing: ["output": ["input"], "sum": ["residual"]],
      options: [.epsilon, .bias, .sum])
  }
}
