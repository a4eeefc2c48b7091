import Tessera

/// One attention call by the paper's recipe: QKᵀ, then SM, then Γ, with the scores stored between them.
///
/// Plans and memory are made once. SM works in place where nothing is kept for the backward pass: the least memory and
/// the least bytes that the recipe can do with.
final class MaterialisedAttention {
  private struct Step {
    var call: PreparedOperator
    var operands: OperandBuffers
  }
  private let steps: [Step]
  /// B × Hq × Lq × Dv.
  let output: AlignedBuffer<Float>

  /// `operands` hold contiguous queries, keys and values of the problem. Throws for options that SM does not have.
  init(_ problem: AttentionProblem, on operands: OperandBuffers, context: ExecutionContext) throws(TesseraError) {
    try Self.checkOptions(problem)
    let planes = problem.batch * problem.queryHeads
    let (rows, keys) = (problem.queryLength, problem.keyLength)
    let width = (key: problem.headDimension, value: problem.valueDimension)
    let scores = try AlignedBuffer<Float>(repeating: 0, count: planes * rows * keys)
    output = try AlignedBuffer<Float>(repeating: 0, count: planes * rows * width.value)

    var product = OperatorRequest(
      extents: [.planes: planes, .rows: rows, .columns: keys, .depth: width.key])
    product.transposesRight = true
    product.batchedLayouts["right"] = problem.repeatedForQueryHeads(columns: width.key)
    var productOperands = OperandBuffers()
    productOperands["left"] = operands["queries"]
    productOperands["right"] = operands["keys"]
    productOperands["output"] = Self.bytes(scores)

    let softmax = Self.softmaxRequest(problem)
    var softmaxOperands = OperandBuffers()
    var weights = scores
    softmaxOperands["input"] = Self.bytes(scores)
    if softmax.mode == .training {
      weights = try AlignedBuffer(repeating: 0, count: scores.count)
      let probabilities = try AlignedBuffer<Float>(repeating: 0, count: scores.count)
      softmaxOperands["probabilities"] = Self.bytes(probabilities)
      softmaxOperands.keepAlive(probabilities)
    }
    softmaxOperands["output"] = Self.bytes(weights)

    var gamma = OperatorRequest(
      extents: [.planes: planes, .rows: rows, .columns: width.value, .depth: keys])
    gamma.batchedLayouts["right"] = problem.repeatedForQueryHeads(columns: width.value)
    var gammaOperands = OperandBuffers()
    gammaOperands["left"] = Self.bytes(weights)
    gammaOperands["right"] = operands["values"]
    gammaOperands["output"] = Self.bytes(output)
    for owner in [scores, weights, output] { gammaOperands.keepAlive(owner) }

    steps = try [
      (OperatorDescriptor.batchedContraction, product, productOperands),
      (.scaledMaskedSoftmaxDropout, softmax, softmaxOperands),
      (.batchedContraction, gamma, gammaOperands),
    ].map { descriptor, request, operands throws(TesseraError) in
      let entry = try OperatorCatalog.entry(named: descriptor.name)
      return Step(call: try entry.prepare(request, context: context), operands: operands)
    }
  }

  func run() throws(TesseraError) {
    for step in steps { try step.call.run(step.operands) }
  }

  /// Memory of its own that a problem takes.
  static func byteCount(_ problem: AttentionProblem) -> Int {
    let rows = problem.batch * problem.queryHeads * problem.queryLength
    return 4 * rows * (problem.valueDimension + problem.keyLength * (problem.writesLogSumExp ? 3 : 1))
  }

  private static func softmaxRequest(_ problem: AttentionProblem) -> OperatorRequest {
    var request = OperatorRequest(
      extents: [
        .planes: problem.batch * problem.queryHeads, .rows: problem.queryLength, .columns: problem.keyLength,
      ])
    request.mode = problem.writesLogSumExp ? .training : .inference
    request.scale = problem.scale
    request.mask = problem.mask
    request.dropProbability = problem.dropout?.probability ?? 0
    request.seed = problem.dropout?.seed ?? 0
    request.offset = problem.dropout?.offset ?? 0
    return request
  }

  /// Throws for what the recipe's softmax does not have: all but scale, mask and dropout.
  private static func checkOptions(_ problem: AttentionProblem) throws(TesseraError) {
    let request = OperatorRequest(attention: problem)
    var plain = AttentionProblem(request.extents)
    (plain.scale, plain.mask, plain.dropout) = (problem.scale, problem.mask, problem.dropout)
    plain.writesLogSumExp = problem.writesLogSumExp
    guard plain == problem else {
      throw .invalidOperand(
        operation: "attention against the materialised recipe", operand: "options",
        expected: "contiguous operands, and no options but scale, mask and dropout",
        actual: OptionFigures(request, of: .attention).words.joined(separator: ", "))
    }
  }

  private static func bytes(_ buffer: AlignedBuffer<Float>) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(buffer.elements)
  }
}

extension AttentionProblem {
  /// Contiguous keys or values, each key-value head standing once for every query head of its group.
  fileprivate func repeatedForQueryHeads(columns: Int) -> BatchedMatrixLayout {
    BatchedMatrixLayout(
      planes: batch * queryHeads, innerPlanes: max(1, queryHeads / max(1, keyValueHeads)), rows: keyLength,
      columns: columns, outerStride: keyLength * columns, innerStride: 0, rowStride: columns)
  }
}
