import Tessera

extension OperatorDescriptor {
  /// `linear` as the baseline computes it: the same operands and counts under a name of its own in the ledger,
  /// modelled.
  package static let baselineLinear = baseline(.linear)

  /// Both gradients of a linear map, without its bias's, likewise.
  package static let baselineLinearInputGradient = baseline(.linearInputGradient)
  package static let baselineLinearWeightGradient = baseline(.linearWeightGradient(accumulates: false, hasBias: false))

  /// Batched products, likewise; the second reads its left operand transposed.
  package static let baselineBatchedContraction = baseline(.batchedContraction)
  package static let baselineTransposedContraction = {
    var descriptor = baseline(.batchedContraction)
    descriptor.name = "baseline-transposed-contraction"
    return descriptor
  }()

  private static func baseline(_ own: OperatorDescriptor) -> OperatorDescriptor {
    var descriptor = own
    descriptor.name = "baseline-" + own.name
    descriptor.isTrafficModelled = true
    return descriptor
  }

  /// Dropout's gradient by a mask that was stored; the library, which stores none, has it in fused kernels only.
  package static let baselineDropoutGradient = OperatorDescriptor(
    name: "baseline-dropout-gradient", operatorClass: .elementWise,
    formula: "input-gradient[r][c] = mask[r][c] · output-gradient[r][c] / (1 − p_effective)",
    floatingPointOperations: Count(1, .rows, .columns),
    reads: [
      Operand("output-gradient", .matrix(.rows, .columns)),
      Operand("mask", .matrix(.rows, .columns), .uint8, role: .mask),
    ], writes: [Operand("input-gradient", .matrix(.rows, .columns))])

  /// ReLU's gradient by its result.
  package static let baselineReLUGradient = OperatorDescriptor(
    name: "baseline-relu-gradient", operatorClass: .elementWise,
    formula: "input-gradient[r][c] = output[r][c] > 0 ? output-gradient[r][c] : 0", floatingPointOperations: Count(0),
    reads: [Operand("output-gradient", .matrix(.rows, .columns)), Operand("output", .matrix(.rows, .columns))],
    writes: [Operand("input-gradient", .matrix(.rows, .columns))])

  /// Softmax's gradient alone: BS where nothing is dropped or scaled. Sum of products 2, difference 1, product 1.
  package static let softmaxGradient = {
    var descriptor = OperatorDescriptor.scaledMaskedSoftmaxDropoutGradient
    (descriptor.label, descriptor.fuses) = (nil, [])
    descriptor.floatingPointOperations = Count(4, .planes, .rows, .columns)
    descriptor.dropoutDraws = Count(0)
    return descriptor
  }()
}
