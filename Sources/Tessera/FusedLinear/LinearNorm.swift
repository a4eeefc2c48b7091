/// A linear map with bias, dropout, residual and a norm on its result, planned: what layer norm and RMS norm share.
///
/// The norm takes rows as the product finishes them, or, where those would be too few at a time for the product, when
/// all have been stored in the output's place.
struct LinearNorm {
  let descriptor: OperatorDescriptor
  let map: LinearMap
  var norm: NormalizationPlan
  private let context: ExecutionContext

  /// Memory that is the plan's own or its product's.
  var workspaceBytes: Int { map.workspace.byteCount + norm.workspaceBytes }

  /// `sum`: the layout of what is normalised, where it is written; training has it without gaps. Throws where layouts
  /// disagree or do not fit, or epsilon is negative.
  init(
    _ kind: Norm, input: MatrixLayout, weight: MatrixLayout, isPacked: Bool, residual: MatrixLayout?,
    output: MatrixLayout?, returnedSum: MatrixLayout?, hasBias: Bool, dropout: Dropout?, epsilon: Float,
    mode: ExecutionMode, workspace: GemmWorkspace?, context: ExecutionContext?
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let result = MatrixLayout(rows: input.rows, columns: weight.rows)
    descriptor = .linearBiasDropoutResidualNorm(
      kind, hasBias: hasBias, returnsSum: mode == .inference && returnedSum != nil)
    guard mode == .inference || returnedSum == nil else {
      throw .invalidOperand(
        operation: descriptor.name, operand: "sum", expected: "no layout in training, which keeps the sum",
        actual: "\(returnedSum!)")
    }
    let output = output ?? result
    let writesSum = mode == .training || returnedSum != nil
    map = try LinearMap(
      descriptor, input: input, weight: weight, form: isPacked ? .packed : .rows, outputRowStride: output.rowStride,
      finish: .rows, epilogueMatrices: writesSum ? 3 : 2,
      workspace: workspace ?? GemmWorkspace(threadCount: context.pool.threadCount), context: context)
    norm = try NormalizationPlan(
      kind,
      layouts: .init(
        input: map.product.problem.finish == .rows ? result : output, output: output, residual: residual ?? result,
        sum: mode == .training ? result : returnedSum),
      hasBias: hasBias, epsilon: epsilon, dropout: dropout, mode: mode, ridingOn: descriptor.name, context: context)
    self.context = context
  }

  /// Checks the operands, then runs; nothing is written when it throws. The operands' input is the map's.
  func run(_ others: NormalizationPlan.Operands, _ weight: LinearWeight) throws(TesseraError) {
    let (placedInput, placedWeight, operands) = try map.place(others.input, weight)
    let (reads, writes) = try norm.placeOnSums(others)
    try checkOverlap(
      descriptor, reads: [placedInput, placedWeight, reads[0], reads[1], reads[2], reads[3]], writes: writes)
    let traffic = runChecked(others, operands)
    context.ledger?.record(descriptor, extents: map.extents, mode: norm.mode, traffic: traffic)
  }

  private func runChecked(_ others: NormalizationPlan.Operands, _ product: GemmPlan.Operands) -> Traffic {
    // Rows of no columns have statistics, and no product.
    guard map.columns > 0, map.product.problem.finish == .output else {
      return map.columns > 0
        ? map.product.run(product, finishing: norm.epilogue(others)) : norm.runChecked(others, isInPlace: true)
    }
    var (stored, norms) = (product, others)
    stored.output = others.output.baseAddress.map { $0 + norm.layouts.output.offset }
    norms.input = UnsafeBufferPointer(others.output)
    var traffic = map.product.run(stored)
    traffic += norm.runChecked(norms, isInPlace: true)
    return traffic
  }

  /// A run with these weights, of operands that are still to come.
  func call(_ weight: LinearWeight) -> (NormalizationPlan.Operands) throws(TesseraError) -> Void {
    { operands throws(TesseraError) in try run(operands, weight) }
  }
}
