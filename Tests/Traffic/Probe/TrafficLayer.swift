import Tessera

/// A whole call of an encoder layer in training, whose operators' D, added up, is compared with the call's trace.
///
/// The cache is empty before the first operator; each other one finds what the one before has left. D counts all of
/// them from an empty cache, so that the two agree only where tensors between operators are too large to stay.
struct TrafficLayer {
  enum Pass: String {
    case forward = "encoder-layer"
    case backward = "encoder-layer-backward"
  }

  var pass: Pass
  var problem: EncoderLayerProblem
  /// C, pinned, as of single calls.
  var fastMemoryBytes: Int

  var name: String { pass.rawValue }

  var shape: String {
    [problem.batch, problem.length, problem.hidden, problem.feedforward].map { "\($0)" }.joined(separator: "×")
  }

  static let all = [
    TrafficLayer(pass: .forward, problem: problem, fastMemoryBytes: 1 << 20),
    TrafficLayer(pass: .backward, problem: problem, fastMemoryBytes: 1 << 20),
  ]

  /// Token rows take as much as C and the feed-forward half's four times as much, as those of BERT-large do of 16 MiB,
  /// so that hardly anything stays from one operator to the next. C is no smaller because left rows of a block of
  /// depth, 512 × 256, take half of it: D presumes that they stay.
  private static let problem: EncoderLayerProblem = {
    var problem = EncoderLayerProblem(
      batch: 22, length: 128, hidden: 96, heads: 3, feedforward: 384, mode: .training)
    problem.dropout = try! Dropout(probability: 0.1, seed: 1)
    return problem
  }()
}

extension TrafficLayer {
  /// A call's memory. Zeros, as in single calls: which bytes move does not depend on what they hold.
  private struct Memory {
    let input, output: AlignedBuffer<Float>
    let weights: EncoderLayerWeights
    let kept: EncoderLayerSavedTensors

    init(_ problem: EncoderLayerProblem) throws {
      let count = problem.batch * problem.length * problem.hidden
      input = try AlignedBuffer(repeating: 0, count: count)
      output = try AlignedBuffer(repeating: 0, count: count)
      weights = try EncoderLayerWeights(for: problem)
      for matrix in [weights.queryKeyValue, weights.out, weights.linear1, weights.linear2] {
        matrix.elements.update(repeating: 0)
      }
      kept = try EncoderLayerSavedTensors(for: problem)
      let buffers = kept.buffers
      for index in buffers.indices { buffers[index]?.update(repeating: 0) }
      // A backward call is to take them for what its forward call kept.
      kept.noteCall(of: problem)
    }

    /// What is an operand of both passes.
    var operands: [(name: String, memory: UnsafeRawBufferPointer)] {
      let parameters = [
        weights.queryKeyValue, weights.queryKeyValueBias, weights.out, weights.outBias, weights.linear1,
        weights.linear1Bias, weights.linear2, weights.linear2Bias, weights.norm1Weight, weights.norm1Shift,
        weights.norm2Weight, weights.norm2Shift,
      ]
      let buffers = kept.buffers
      return [("input", UnsafeRawBufferPointer(input.elements)), ("output", UnsafeRawBufferPointer(output.elements))]
        + parameters.map { ("parameter", UnsafeRawBufferPointer($0.elements)) }
        + buffers.indices.compactMap { index in buffers[index].map { ("kept", UnsafeRawBufferPointer($0)) } }
    }
  }

  func run(_ instructionSet: InstructionSet) throws {
    let ledger = Ledger()
    let context = ExecutionContext(
      pool: try WorkerPool(threadCount: 1), instructionSet: instructionSet, ledger: ledger,
      fastMemoryBytes: fastMemoryBytes)
    let memory = try Memory(problem)
    let words: [Any] = [name, problem.mode, instructionSet.rawValue, shape, fastMemoryBytes]
    func counted() -> Traffic { ledger.entries.values.reduce(into: Traffic()) { $0 += $1.traffic } }
    switch pass {
    case .forward: try runForward(words, memory, context, counted)
    case .backward: try runBackward(words, memory, context, counted)
    }
  }

  private func runForward(
    _ words: [Any], _ memory: Memory, _ context: ExecutionContext, _ counted: () -> Traffic
  ) throws {
    let layer = try EncoderLayer(problem, context: context)
    try withExtendedLifetime(memory) {
      let (input, output) = (memory.input.elements, memory.output)
      try trace(words, operands: memory.operands, counted: counted) {
        try output.withMutableSpan { output throws(TesseraError) in
          try layer.run(input.span, weights: memory.weights, output: output, keeping: memory.kept)
        }
      }
    }
  }

  private func runBackward(
    _ words: [Any], _ memory: Memory, _ context: ExecutionContext, _ counted: () -> Traffic
  ) throws {
    let layer = try EncoderLayerBackward(problem, context: context)
    let gradients = try EncoderLayerGradients(for: problem)
    let inputGradient = try AlignedBuffer<Float>(repeating: 0, count: memory.input.count)
    let parameters = [
      gradients.queryKeyValue, gradients.queryKeyValueBias, gradients.out, gradients.outBias, gradients.linear1,
      gradients.linear1Bias, gradients.linear2, gradients.linear2Bias, gradients.norm1Weight, gradients.norm1Shift,
      gradients.norm2Weight, gradients.norm2Shift,
    ]
    var operands = memory.operands
    operands += parameters.map { ("gradient", UnsafeRawBufferPointer($0.elements)) }
    operands.append(("input-gradient", UnsafeRawBufferPointer(inputGradient.elements)))
    // What an operator writes and a later one reads is an operand of both.
    operands.append(("between", UnsafeRawBufferPointer(layer.gradientsBetween)))
    try withExtendedLifetime((memory, gradients)) {
      // As in `EncoderLayer`'s example the output is its own gradient.
      let (input, outputGradient) = (memory.input.elements, memory.output.elements)
      try trace(words, operands: operands, counted: counted) {
        try inputGradient.withMutableSpan { inputGradient throws(TesseraError) in
          try layer.run(
            outputGradient.span, input: input.span, weights: memory.weights, kept: memory.kept,
            inputGradient: inputGradient, gradients: gradients)
        }
      }
    }
  }
}
