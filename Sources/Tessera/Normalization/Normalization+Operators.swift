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

  /// The same of a call that keeps what its gradients need beside the input.
  package static let layerNormKeepingStatistics = OperatorDescriptor(
    name: layerNorm.name, operatorClass: layerNorm.operatorClass, formula: layerNorm.formula,
    floatingPointOperations: layerNorm.floatingPointOperations, reads: layerNorm.reads,
    writes: layerNorm.writes + [
      Operand("mean", .vector(.rows), role: .rowStatistic, keptForBackward: true),
      Operand("inverse-deviation", .vector(.rows), role: .rowStatistic, keptForBackward: true),
    ], aliasing: layerNorm.aliasing, options: layerNorm.options)

  /// RMS normalisation over the columns of each row (Zhang, Sennrich 2019). FLOPs an element: square, sum, two
  /// products.
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

extension OperatorEntry {
  private static let variants = NormalizationKernels.variants.map(\.instructionSet)

  static let layerNorm = norm(.layer, .layerNorm)
  static let rmsNorm = norm(.rootMeanSquare, .rmsNorm)
  static let biasDropoutResidualLayerNorm = biasDropoutResidualNorm(.layer)
  static let biasDropoutResidualRMSNorm = biasDropoutResidualNorm(.rootMeanSquare)

  private static func norm(_ norm: Norm, _ descriptor: OperatorDescriptor) -> OperatorEntry {
    OperatorEntry(descriptor, variants: variants) { request, context throws(TesseraError) in
      let (rows, columns) = (request.extents[.rows], request.extents[.columns])
      let plan = try NormalizationPlan(
        norm,
        layouts: .init(
          input: request.layout("input", rows: rows, columns: columns),
          output: request.layout("output", rows: rows, columns: columns)),
        epsilon: request.epsilon, dropout: nil, mode: request.mode, context: context)
      return plan.prepared
    }
  }

  private static func biasDropoutResidualNorm(_ norm: Norm) -> OperatorEntry {
    OperatorEntry(
      .biasDropoutResidualNorm(norm), variants: variants,
      describe: { .biasDropoutResidualNorm(norm, hasBias: $0.hasBias, returnsSum: $0.returnsSum) }
    ) { request, context throws(TesseraError) in
      let (rows, columns) = (request.extents[.rows], request.extents[.columns])
      func layout(_ operand: String) -> MatrixLayout { request.layout(operand, rows: rows, columns: columns) }
      let writesSum = request.mode == .training || request.returnsSum
      let plan = try NormalizationPlan(
        norm,
        layouts: .init(
          input: layout("input"), output: layout("output"), residual: layout("residual"),
          sum: writesSum ? layout("sum") : nil),
        hasBias: request.hasBias, epsilon: request.epsilon, dropout: try request.dropout, mode: request.mode,
        context: context)
      return plan.prepared
    }
  }
}

extension NormalizationPlan {
  /// The plan on operands by the descriptor's names.
  fileprivate var prepared: PreparedOperator {
    let written = Set(descriptor.writes(in: mode).map(\.name))
    let read = Set(descriptor.reads.map(\.name))
    return PreparedOperator(workspaceBytes: workspaceBytes) { buffers throws(TesseraError) in
      func input(_ name: String) -> UnsafeBufferPointer<Float>? { read.contains(name) ? buffers.input(name) : nil }
      func output(_ name: String) -> UnsafeMutableBufferPointer<Float>? {
        written.contains(name) ? buffers.output(name) : nil
      }
      try self.run(
        .init(
          input: buffers.input("input"), bias: input("bias"), residual: input("residual"),
          weight: buffers.input("weight"), shift: input("shift"), output: buffers.output("output"),
          sum: output("sum"), mean: output("mean"), inverseDeviation: output(self.inverseDeviationName)))
    }
  }
}
