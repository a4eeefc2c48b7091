import Tessera
import Testing

/// The functions that take one span for what is read and written give the bits of those that take two, and touch
/// nothing between the rows.
@Suite struct InPlaceTests {
  private static let layout = MatrixLayout(rows: 37, columns: 203, rowStride: 211, offset: 5)
  private let matrix = numbers(37 * 211 + 5, seed: 1)
  private let second = numbers(37 * 203, seed: 2)
  private let bias = numbers(203, seed: 3)
  private let weight = numbers(203, seed: 4)

  private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var numbers = [Float](repeating: 0, count: count)
    numbers.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed) }
    return numbers.map { 4 * $0 }
  }

  /// With the standard capacity, and with one of a byte, which makes calls apart store past the caches.
  private static let calls = InstructionSet.available.flatMap { set in ([nil, 1] as [Int?]).map { (set, $0) } }

  private func context(_ set: InstructionSet, _ capacity: Int?) throws -> ExecutionContext {
    let pool = try WorkerPool(threadCount: 2)
    return capacity.map { ExecutionContext(pool: pool, instructionSet: set, fastMemoryBytes: $0) }
      ?? ExecutionContext(pool: pool, instructionSet: set)
  }

  /// `apart` writes to a copy, so that what lies between the rows is the same in both.
  private func expectSame(
    _ name: String, apart: (inout [Float]) throws -> Void, inPlace: (inout [Float]) throws -> Void
  ) throws {
    var (expected, actual) = (matrix, matrix)
    try apart(&expected)
    try inPlace(&actual)
    #expect(expected != matrix, "\(name)")
    #expect(actual.map(\.bitPattern) == expected.map(\.bitPattern), "\(name)")
  }

  @Test(arguments: calls) func softmaxes(set: InstructionSet, capacity: Int?) throws {
    let (context, layout) = (try context(set, capacity), Self.layout)
    let softmax = try SoftmaxPlan(input: layout, output: layout, context: context)
    try expectSame(
      "softmax", apart: { try softmax.run(matrix.span, output: $0.mutableSpan) },
      inPlace: { try softmax.run(inPlace: $0.mutableSpan) })
    let fused = try ScaledMaskedSoftmaxDropoutPlan(
      input: layout, output: layout, scale: 0.5, mask: .causal(), dropout: nil, mode: .inference, context: context)
    try expectSame(
      "SM", apart: { try fused.run(matrix.span, output: $0.mutableSpan) },
      inPlace: { try fused.run(inPlace: $0.mutableSpan) })
  }

  @Test(arguments: calls) func norms(set: InstructionSet, capacity: Int?) throws {
    let (context, layout) = (try context(set, capacity), Self.layout)
    let layerNorm = try LayerNormPlan(input: layout, output: layout, context: context)
    try expectSame(
      "layer norm",
      apart: { try layerNorm.run(matrix.span, weight: weight.span, shift: bias.span, output: $0.mutableSpan) },
      inPlace: { try layerNorm.run(inPlace: $0.mutableSpan, weight: weight.span, shift: bias.span) })
    let rmsNorm = try RMSNormPlan(input: layout, output: layout, context: context)
    try expectSame(
      "RMS norm", apart: { try rmsNorm.run(matrix.span, weight: weight.span, output: $0.mutableSpan) },
      inPlace: { try rmsNorm.run(inPlace: $0.mutableSpan, weight: weight.span) })
  }

  @Test(arguments: calls) func biasAndScale(set: InstructionSet, capacity: Int?) throws {
    let (context, layout) = (try context(set, capacity), Self.layout)
    try expectSame(
      "bias",
      apart: {
        try addBias(
          matrix.span, layout, bias: bias.span, output: $0.mutableSpan, outputLayout: layout, context: context)
      }, inPlace: { try addBias(inPlace: $0.mutableSpan, layout, bias: bias.span, context: context) })
    try expectSame(
      "scale",
      apart: {
        try scale(matrix.span, layout, by: 0.3, output: $0.mutableSpan, outputLayout: layout, context: context)
      }, inPlace: { try scale(inPlace: $0.mutableSpan, layout, by: 0.3, context: context) })
  }

  @Test(arguments: Activation.allCases, calls) func activations(
    activation: Activation, call: (set: InstructionSet, capacity: Int?)
  ) throws {
    let (context, layout) = (try context(call.set, call.capacity), Self.layout)
    try expectSame(
      "activation",
      apart: {
        try activate(
          matrix.span, layout, with: activation, output: $0.mutableSpan, outputLayout: layout, context: context)
      }, inPlace: { try activate(inPlace: $0.mutableSpan, layout, with: activation, context: context) })
    func apart(_ output: inout [Float]) throws {
      try gatedActivation(
        activation, gate: matrix.span, layout, up: second.span, output: output.mutableSpan, outputLayout: layout,
        context: context)
    }
    try expectSame(
      "gated activation", apart: apart,
      inPlace: {
        try gatedActivation(activation, inPlace: $0.mutableSpan, layout, up: second.span, context: context)
      })
    let plan = try GatedActivationPlan(activation, gate: layout, context: context)
    try expectSame(
      "gated activation, planned", apart: apart,
      inPlace: { try plan.run(inPlace: $0.mutableSpan, up: second.span) })
  }
}
