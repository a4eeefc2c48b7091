/// The memory of one call of the backward pass, checked. Layouts are the problem's.
struct AttentionGradientOperands {
  /// What forward read; its output is not written here.
  var forward: AttentionOperands
  var output: UnsafePointer<Float>?
  var logSumExp: UnsafePointer<Float>?
  var outputGradient: UnsafePointer<Float>?
  var sinks: UnsafePointer<Float>?
  var queriesGradient, keysGradient, valuesGradient: UnsafeMutablePointer<Float>?
  /// nil where they are not wanted.
  var biasGradient, slopesGradient, sinksGradient: UnsafeMutablePointer<Float>?

  init(_ buffers: AttentionGradientBuffers, _ problem: AttentionProblem) {
    forward = AttentionOperands(
      queries: buffers.queries.baseAddress,
      source: KeyValueSource(problem, keys: buffers.keys.baseAddress, values: buffers.values.baseAddress),
      scores: ScoreStage.Operands(
        bias: buffers.bias.baseAddress, mask: buffers.mask.baseAddress,
        slopes: problem.slopes == nil ? nil : buffers.slopes.baseAddress),
      sinks: nil, output: nil, logSumExp: nil)
    output = buffers.output.baseAddress
    logSumExp = buffers.logSumExp.baseAddress
    outputGradient = buffers.outputGradient.baseAddress
    queriesGradient = buffers.queriesGradient.baseAddress
    keysGradient = buffers.keysGradient.baseAddress
    valuesGradient = buffers.valuesGradient.baseAddress
    if problem.gradients.bias != nil { biasGradient = buffers.biasGradient?.baseAddress }
    if problem.slopes != nil { slopesGradient = buffers.slopesGradient?.baseAddress }
    if problem.hasSinks {
      sinks = buffers.sinks.baseAddress
      sinksGradient = buffers.sinksGradient?.baseAddress
    }
  }
}

/// The same as the caller gave it; bias, mask, slopes and sinks are empty where the problem has none.
struct AttentionGradientBuffers {
  var queries, keys, values, bias: UnsafeBufferPointer<Float>
  var mask: UnsafeBufferPointer<UInt8>
  var slopes, sinks: UnsafeBufferPointer<Float>
  var output, logSumExp, outputGradient: UnsafeBufferPointer<Float>
  var queriesGradient, keysGradient, valuesGradient: UnsafeMutableBufferPointer<Float>
  /// nil where they are not wanted.
  var biasGradient, slopesGradient, sinksGradient: UnsafeMutableBufferPointer<Float>?

  /// Throws where an operand is too short, or something written shares memory with anything else.
  func check(_ problem: AttentionProblem) throws(TesseraError) {
    // Layouts were checked when the plan was made.
    let rows = problem.logSumExpCount
    let counts: [(String, Int, Int)] = [
      ("queries", queries.count, problem.queries.requiredCount!), ("keys", keys.count, problem.keys.requiredCount!),
      ("values", values.count, problem.values.requiredCount!),
      ("bias", bias.count, biasCount(problem)), ("mask", mask.count, maskCount(problem)),
      ("slopes", slopes.count, problem.slopeCount), ("sinks", sinks.count, problem.sinkCount),
      ("output", output.count, problem.output.requiredCount!), ("log-sum-exp", logSumExp.count, rows),
      ("output-gradient", outputGradient.count, problem.gradients.output.requiredCount!),
      ("queries-gradient", queriesGradient.count, problem.gradients.queries.requiredCount!),
      ("keys-gradient", keysGradient.count, problem.gradients.keys.requiredCount!),
      ("values-gradient", valuesGradient.count, problem.gradients.values.requiredCount!),
      ("bias-gradient", biasGradient?.count ?? biasGradientCount(problem), biasGradientCount(problem)),
      ("slopes-gradient", slopesGradient?.count ?? problem.slopeCount, problem.slopeCount),
      ("sinks-gradient", sinksGradient?.count ?? problem.sinkCount, problem.sinkCount),
    ]
    for (operand, given, expected) in counts {
      try checkVector(
        given, expected: expected, operation: AttentionProblem.gradientsOperation, operand: operand)
    }
    func floats(_ name: String, _ start: UnsafePointer<Float>?, _ layout: BatchedMatrixLayout?) -> PlacedMatrix {
      PlacedMatrix(name, bytes: UnsafeRawPointer(start), count: 4 * (layout?.requiredCount! ?? 0))
    }
    func written(
      _ name: String, _ memory: UnsafeMutableBufferPointer<Float>, _ layout: BatchedMatrixLayout
    ) -> PlacedMatrix {
      PlacedMatrix(name, UnsafeBufferPointer(memory), layout.asMatrix)
    }
    try checkOverlap(
      .attentionGradients,
      reads: [
        floats("queries", queries.baseAddress, problem.queries), floats("keys", keys.baseAddress, problem.keys),
        floats("values", values.baseAddress, problem.values), floats("bias", bias.baseAddress, problem.bias),
        PlacedMatrix("mask", bytes: UnsafeRawPointer(mask.baseAddress), count: maskCount(problem)),
        PlacedMatrix("slopes", bytes: UnsafeRawPointer(slopes.baseAddress), count: 4 * problem.slopeCount),
        PlacedMatrix("sinks", bytes: UnsafeRawPointer(sinks.baseAddress), count: 4 * problem.sinkCount),
        floats("output", output.baseAddress, problem.output),
        PlacedMatrix("log-sum-exp", bytes: UnsafeRawPointer(logSumExp.baseAddress), count: 4 * rows),
        floats("output-gradient", outputGradient.baseAddress, problem.gradients.output),
      ],
      writes: [
        written("queries-gradient", queriesGradient, problem.gradients.queries),
        written("keys-gradient", keysGradient, problem.gradients.keys),
        written("values-gradient", valuesGradient, problem.gradients.values),
        problem.gradients.bias.flatMap { layout in
          biasGradient.map { written("bias-gradient", $0, layout.distinctElements) }
        } ?? .absent,
        PlacedMatrix(
          "slopes-gradient", bytes: UnsafeRawPointer(slopesGradient?.baseAddress),
          count: slopesGradient == nil ? 0 : 4 * problem.slopeCount),
        PlacedMatrix(
          "sinks-gradient", bytes: UnsafeRawPointer(sinksGradient?.baseAddress),
          count: sinksGradient == nil ? 0 : 4 * problem.sinkCount),
      ])
  }

  private func biasCount(_ problem: AttentionProblem) -> Int { problem.bias?.requiredCount! ?? 0 }
  private func biasGradientCount(_ problem: AttentionProblem) -> Int {
    problem.gradients.bias?.requiredCount! ?? 0
  }
  private func maskCount(_ problem: AttentionProblem) -> Int { problem.booleanMask?.requiredCount! ?? 0 }
}

extension BatchedMatrixLayout {
  /// The token rows that the planes are a run of columns of, as heads are in a joint projection's rows; or else
  /// everything from the first element to the last. Told apart from other columns of the same rows.
  fileprivate var asMatrix: MatrixLayout {
    let required = requiredCount!
    let inner = min(planes, innerPlanes)
    guard required > 0, planes % innerPlanes == 0 || planes < innerPlanes, inner <= 1 || innerStride == columns,
      planes <= innerPlanes || outerStride == rows * rowStride
    else { return MatrixLayout(rows: 1, columns: max(0, required - offset), offset: offset) }
    return MatrixLayout(
      rows: planes / inner * rows, columns: inner * columns, rowStride: rowStride, offset: offset)
  }
}
