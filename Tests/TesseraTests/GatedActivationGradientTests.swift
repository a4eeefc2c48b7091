import Tessera
import Testing

/// What the gradients of gated activations promise beyond agreement with the oracle.
@Suite struct GatedActivationGradientTests {
  private static let (rows, columns) = (37, 101)
  private static let layout = MatrixLayout(rows: rows, columns: columns)
  private let gradient = numbers(rows * columns, seed: 1)
  private let gate = numbers(rows * columns, seed: 2)
  private let up = numbers(rows * columns, seed: 3)

  /// The sets with the standard capacity, and with one of a byte, which makes calls apart store past the caches.
  private static let calls = InstructionSet.available.flatMap { set in ([nil, 1] as [Int?]).map { (set, $0) } }

  private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var numbers = [Float](repeating: 0, count: count)
    numbers.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed) }
    return numbers.map { 4 * $0 }
  }

  private func context(_ set: InstructionSet, fastMemoryBytes: Int? = nil) throws -> ExecutionContext {
    let pool = try WorkerPool(threadCount: 2)
    return fastMemoryBytes.map { ExecutionContext(pool: pool, instructionSet: set, fastMemoryBytes: $0) }
      ?? ExecutionContext(pool: pool, instructionSet: set)
  }

  private func gradients(
    _ activation: Activation, up: [Float], context: ExecutionContext
  ) throws -> (ofGate: [Float], ofUp: [Float]) {
    var ofGate = [Float](repeating: .nan, count: gate.count)
    var ofUp = ofGate
    try gatedActivationGradient(
      activation, gradient.span, Self.layout, gate: gate.span, up: up.span, gateGradient: ofGate.mutableSpan,
      upGradient: ofUp.mutableSpan, context: context)
    return (ofGate, ofUp)
  }

  /// Where up is 1 the gate is an activation alone, whose gradient has the same bits, but for ReLU's zeros.
  @Test(arguments: InstructionSet.available, Activation.allCases) func ofAnActivationAlone(
    set: InstructionSet, activation: Activation
  ) throws {
    let context = try context(set)
    let gated = try gradients(activation, up: [Float](repeating: 1, count: gate.count), context: context)
    let forward = try BiasActivationDropoutPlan(
      activation, input: Self.layout, dropout: nil, mode: .training, context: context)
    let bias = [Float](repeating: 0, count: Self.columns)
    let givenBias = activation == .relu ? nil : bias
    var alone = [Float](repeating: .nan, count: gate.count)
    var ofBias = bias
    // ReLU's output is above 0 where its input is.
    try biasActivationDropoutGradient(
      forward.savedTensors, gradient.span, Self.layout, neededTensor: gate.span, bias: givenBias?.span,
      inputGradient: alone.mutableSpan, biasGradient: ofBias.mutableSpan, context: context)
    #expect(gated.ofGate == alone)
    #expect(gated.ofGate.count { $0 != 0 } > gate.count / 4)
  }

  /// All doors give the same bits; in the halves of one matrix nothing else is touched.
  @Test(arguments: Activation.allCases, calls) func inPlace(
    activation: Activation, call: (set: InstructionSet, capacity: Int?)
  ) throws {
    let context = try context(call.set, fastMemoryBytes: call.capacity)
    let expected = try gradients(activation, up: up, context: context)
    var (ofGate, ofUp) = (gate, up)
    try GatedActivationGradientPlan(activation, outputGradient: Self.layout, context: context)
      .run(gradient.span, inPlace: ofGate.mutableSpan, up: ofUp.mutableSpan)
    #expect(ofGate == expected.ofGate && ofUp == expected.ofUp)
    let stride = 2 * Self.columns + 3
    func half(_ offset: Int) -> MatrixLayout {
      MatrixLayout(rows: Self.rows, columns: Self.columns, rowStride: stride, offset: offset)
    }
    let (first, second) = (half(0), half(Self.columns))
    var both = [Float](repeating: 7, count: Self.rows * stride)
    for row in 0..<Self.rows {
      for column in 0..<Self.columns {
        both[row * stride + column] = gate[row * Self.columns + column]
        both[row * stride + Self.columns + column] = up[row * Self.columns + column]
      }
    }
    let plan = try GatedActivationGradientPlan(
      activation, outputGradient: Self.layout, gate: first, up: second, gateGradient: first, upGradient: second,
      context: context)
    try plan.run(gradient.span, inPlaceOfBoth: both.mutableSpan)
    for row in 0..<Self.rows {
      for column in 0..<stride {
        let value = both[row * stride + column]
        let index = row * Self.columns + column % Self.columns
        let isRight =
          column >= 2 * Self.columns
          ? value == 7 : value == (column < Self.columns ? expected.ofGate[index] : expected.ofUp[index])
        #expect(isRight, "row \(row), column \(column)")
      }
    }
  }

  @Test(arguments: InstructionSet.available, Activation.allCases) func edges(
    set: InstructionSet, activation: Activation
  ) throws {
    let layout = MatrixLayout(rows: 1, columns: 5)
    let gate: [Float] = [.infinity, -.infinity, 0, -0.0, .nan]
    let ones = [Float](repeating: 1, count: 5)
    var (ofGate, ofUp) = (ones, ones)
    try gatedActivationGradient(
      activation, ones.span, layout, gate: gate.span, up: ones.span, gateGradient: ofGate.mutableSpan,
      upGradient: ofUp.mutableSpan, context: try context(set))
    let slopeAtZero: Float = activation == .relu ? 0 : 0.5
    #expect(Array(ofGate.prefix(4)) == [1, 0, slopeAtZero, slopeAtZero])
    #expect(activation == .relu ? ofGate[4] == 0 : ofGate[4].isNaN)
    #expect(Array(ofUp.prefix(4)) == [.infinity, 0, 0, 0] && ofUp[4].isNaN)
  }

  /// 200 rows of 100 columns: of five streams of 400 bytes 64 KiB are 32 rows.
  @Test func bytesByHand() throws {
    let ledger = Ledger()
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 1 << 20)
    let extents: Extents = [.planes: 2, .rows: 100, .columns: 100]
    let entry = try OperatorCatalog.entry(named: "swiglu-gradient")
    let storage = try OperandStorage(entry.descriptor, extents: extents, mode: .training)
    try entry.prepare(OperatorRequest(extents: extents), context: context).run(storage.buffers)
    let recorded = try #require(ledger.entries["swiglu-gradient"])
    #expect(recorded.traffic == Traffic(readBytes: 200 * 1200, writtenBytes: 200 * 800, updates: 7))
    #expect(recorded.leastBytes == 200 * 2000)
    #expect(recorded.floatingPointOperations == 60_000)
  }
}
