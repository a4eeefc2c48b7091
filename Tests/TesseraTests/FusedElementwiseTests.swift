import Tessera
import Testing

/// Fused element-wise operators against the operators that they fuse: the same bits.
@Suite struct FusedElementwiseTests {
  private static let layout = MatrixLayout(rows: 37, columns: 203)
  private let input = numbers(37 * 203, seed: 1)
  private let residual = numbers(37 * 203, seed: 2)
  private let bias = numbers(203, seed: 3)
  private let draws = try! Dropout(probability: 0.25, seed: 5, offset: 3)

  private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var numbers = [Float](repeating: 0, count: count)
    numbers.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed) }
    return numbers.map { 4 * $0 }
  }

  private func context(_ instructionSet: InstructionSet) throws -> ExecutionContext {
    try ExecutionContext(pool: WorkerPool(threadCount: 2), instructionSet: instructionSet)
  }

  private func filled(_ body: (inout [Float]) throws -> Void) rethrows -> [Float] {
    var output = [Float](repeating: 7, count: input.count)
    try body(&output)
    return output
  }

  private func dropped(_ values: [Float], _ context: ExecutionContext) throws -> [Float] {
    var mask = [UInt8](repeating: 7, count: values.count)
    return try filled {
      try dropout(
        values.span, Self.layout, draws, output: $0.mutableSpan, mask: mask.mutableSpan, context: context)
    }
  }

  @Test(arguments: Activation.allCases, InstructionSet.available)
  func biasActivationDropoutIsItsParts(activation: Activation, instructionSet: InstructionSet) throws {
    let context = try context(instructionSet)
    let sums = try filled {
      try addBias(input.span, Self.layout, bias: bias.span, output: $0.mutableSpan, context: context)
    }
    let active = try filled {
      try activate(sums.span, Self.layout, with: activation, output: $0.mutableSpan, context: context)
    }
    for mode in ExecutionMode.allCases {
      let expected = mode == .training ? try dropped(active, context) : active
      let plan = try BiasActivationDropoutPlan(
        activation, input: Self.layout, dropout: draws, mode: mode, context: context)
      #expect(try filled { try plan.run(input.span, bias: bias.span, output: $0.mutableSpan) } == expected)
      var inPlace = input
      try plan.run(inPlace: inPlace.mutableSpan, bias: bias.span)
      #expect(inPlace == expected)
      #expect(plan.savedTensors.neededTensor == (activation == .relu ? .output : .input))
      #expect(plan.savedTensors.dropout == (mode == .training ? draws : nil))
    }
  }

  /// The backward pass of ReLU and dropout needs the output alone.
  @Test func zerosOfTheOutputAreTheMask() throws {
    let context = try context(.best)
    let plan = try BiasActivationDropoutPlan(
      .relu, input: Self.layout, dropout: draws, mode: .training, context: context)
    let output = try filled { try plan.run(input.span, bias: bias.span, output: $0.mutableSpan) }
    for (index, value) in output.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: Self.layout.columns)
      let passes = input[index] + bias[column] > 0 && draws.keeps(row: row, column: column)
      #expect((value > 0) == passes)
    }
  }

  @Test(arguments: InstructionSet.available)
  func biasDropoutResidualIsItsParts(instructionSet: InstructionSet) throws {
    let context = try context(instructionSet)
    let sums = try filled {
      try addBias(input.span, Self.layout, bias: bias.span, output: $0.mutableSpan, context: context)
    }
    for mode in ExecutionMode.allCases {
      let terms = mode == .training ? try dropped(sums, context) : sums
      let expected = try filled {
        try addResidual(terms.span, Self.layout, residual: residual.span, output: $0.mutableSpan, context: context)
      }
      let plan = try BiasDropoutResidualPlan(input: Self.layout, dropout: draws, mode: mode, context: context)
      let apart = try filled {
        try plan.run(input.span, bias: bias.span, residual: residual.span, output: $0.mutableSpan)
      }
      #expect(apart == expected)
      var (onInput, onResidual) = (input, residual)
      try plan.run(inPlace: onInput.mutableSpan, bias: bias.span, residual: residual.span)
      #expect(onInput == expected)
      try plan.run(input.span, bias: bias.span, ontoResidual: onResidual.mutableSpan)
      #expect(onResidual == expected)
    }
  }

  /// Gate and up beside each other in one matrix, as one projection writes them; the output on the gate.
  @Test(arguments: Activation.allCases, InstructionSet.available)
  func gateAndUpMayBeHalvesOfOneMatrix(activation: Activation, instructionSet: InstructionSet) throws {
    let context = try context(instructionSet)
    let half = 101
    let gate = MatrixLayout(rows: 37, columns: half, rowStride: 203)
    let up = MatrixLayout(rows: 37, columns: half, rowStride: 203, offset: half)
    let active = try filled {
      try activate(
        input.span, gate, with: activation, output: $0.mutableSpan, outputLayout: gate, context: context)
    }
    let output = try filled {
      try gatedActivation(
        activation, gate: input.span, gate, up: input.span, upLayout: up, output: $0.mutableSpan, outputLayout: gate,
        context: context)
    }
    for row in 0..<37 {
      for column in 0..<half {
        let index = row * 203 + column
        #expect(output[index] == active[index] * input[index + half])
      }
    }
    let memory = try AlignedBuffer<Float>(repeating: 0, count: input.count)
    for index in input.indices { memory.elements[index] = input[index] }
    let matrix = memory.elements
    try gatedActivation(
      activation, inPlace: matrix.mutableSpan, gate, up: UnsafeBufferPointer(memory.elements).span, upLayout: up,
      context: context)
    for index in input.indices {
      #expect(memory.elements[index] == (index % 203 < half ? output[index] : input[index]))
    }
  }

  @Test(arguments: InstructionSet.available)
  func biasReLUResidualIsItsParts(instructionSet: InstructionSet) throws {
    let context = try context(instructionSet)
    let output = try filled {
      try biasReLUResidual(
        input.span, Self.layout, bias: bias.span, residual: residual.span, output: $0.mutableSpan, context: context)
    }
    for index in input.indices {
      #expect(output[index] == max(input[index] + bias[index % 203], 0) + residual[index])
    }
  }
}
