import Tessera
import Testing

/// What rides on a product gives the bits of the product and the operator one after the other.
@Suite struct FusedLinearTests {
  /// The operator on the result, with what of its own operands the fused one has under another name.
  static let parts: [(fused: String, alone: String)] = [
    ("linear-bias-activation-dropout", "bias-activation-dropout"),
    ("linear-bias-dropout-residual", "bias-dropout-residual"),
    ("linear-bias-dropout-residual-layer-norm", "bias-dropout-residual-layer-norm"),
    ("linear-bias-dropout-residual-rms-norm", "bias-dropout-residual-rms-norm"), ("linear-residual", "residual"),
  ]

  /// Around blocks, groups and panels; few rows, few columns, short and no depth.
  static let shapes = [
    (1, 1, 1), (3, 40, 0), (5, 63, 127), (13, 200, 300), (16, 130, 512), (257, 70, 140), (40, 1100, 270),
    (520, 133, 270), (30, 96, 1100), (9, 64, 128), (100, 640, 64),
  ].map { GemmTests.Shape(rows: $0.0, columns: $0.1, depth: $0.2) }

  static let ways: [(mode: ExecutionMode, packs: Bool, threads: Int, capacity: Int)] = [
    (.training, false, 1, 64 << 20), (.inference, true, 2, 1 << 20), (.training, true, 3, 128 << 10),
  ]

  @Test(arguments: parts, shapes)
  func bitsAreThoseOfTheParts(_ part: (fused: String, alone: String), shape: GemmTests.Shape) throws {
    let extents: Extents = [.rows: shape.rows, .columns: shape.columns, .depth: shape.depth]
    let (fused, alone) = (try OperatorCatalog.entry(named: part.fused), try OperatorCatalog.entry(named: part.alone))
    let linear = try OperatorCatalog.entry(named: "linear")
    for (index, set) in InstructionSet.available.enumerated() {
      for (mode, packs, threads, capacity) in Self.ways {
        let context = ExecutionContext(
          pool: try WorkerPool(threadCount: threads), instructionSet: set, fastMemoryBytes: capacity)
        var request = OperatorRequest(extents: extents)
        (request.mode, request.seed, request.offset) = (mode, 11, UInt32(index))
        if fused.descriptor.options.contains(.activation) { request.activation = threads == 1 ? .relu : .gelu }
        var product = OperatorRequest(extents: extents)
        product.packsWeights = packs
        let result = try OperandStorage(linear.descriptor, extents: extents, mode: .training)
        try linear.prepare(product, context: context).run(result.buffers)
        let after = try OperandStorage(alone.descriptor(for: request), extents: extents, mode: mode)
        after.copy("input", from: result, "output")
        try alone.prepare(request, context: context).run(after.buffers)
        request.packsWeights = packs
        let whole = try OperandStorage(fused.descriptor(for: request), extents: extents, mode: mode)
        for operand in ["input", "weight"] { whole.copy(operand, from: result, operand) }
        for operand in ["bias", "residual"] { whole.copy(operand, from: after, operand) }
        for operand in ["weight", "shift"] { whole.copy("norm-" + operand, from: after, operand) }
        try fused.prepare(request, context: context).run(whole.buffers)
        for operand in alone.descriptor(for: request).writes(in: mode) {
          #expect(
            whole.floats(operand.name).elementsEqual(after.floats(operand.name)) { $0.bitPattern == $1.bitPattern },
            "\(operand.name), \(set), \(mode), \(threads) threads")
        }
        if let kept = fused.descriptor(for: request).writes(in: mode).first(where: { $0.name == "activation-input" }) {
          #expect(whole.floats(kept.name).elementsEqual(result.floats("output")))
        }
      }
    }
  }

  /// Both maps' results, and the activation of one times the other.
  @Test(arguments: Activation.allCases, shapes)
  func gatedBitsAreThoseOfTheParts(_ activation: Activation, shape: GemmTests.Shape) throws {
    let extents: Extents = [.rows: shape.rows, .columns: shape.columns, .depth: shape.depth]
    let (linear, fused) = (
      try OperatorCatalog.entry(named: "linear"), try OperatorCatalog.entry(named: "linear-gated-activation")
    )
    let alone = try OperatorCatalog.entry(named: OperatorDescriptor.gated(activation).name)
    for set in InstructionSet.available {
      for (mode, packs, threads, capacity) in Self.ways {
        let context = ExecutionContext(
          pool: try WorkerPool(threadCount: threads), instructionSet: set, fastMemoryBytes: capacity)
        let after = try OperandStorage(alone.descriptor, extents: extents, mode: mode)
        var request = OperatorRequest(extents: extents)
        (request.mode, request.activation) = (mode, activation)
        let whole = try OperandStorage(fused.descriptor(for: request), extents: extents, mode: mode)
        let product = try OperandStorage(linear.descriptor, extents: extents, mode: mode)
        product.copy("input", from: whole, "input")
        for part in ["gate", "up"] {
          product.copy("weight", from: whole, part + "-weight")
          try linear.prepare(OperatorRequest(extents: extents), context: context).run(product.buffers)
          after.copy(part, from: product, "output")
        }
        try alone.prepare(OperatorRequest(extents: extents), context: context).run(after.buffers)
        request.packsWeights = packs
        try fused.prepare(request, context: context).run(whole.buffers)
        for operand in mode == .training ? ["output", "gate", "up"] : ["output"] {
          #expect(
            whole.floats(operand).elementsEqual(after.floats(operand)) { $0.bitPattern == $1.bitPattern },
            "\(operand), \(set), \(mode), \(threads) threads")
        }
      }
    }
  }

  /// Weights as a file stores them: the bits of two maps of many rows and what a decoder does with their results.
  @Test(arguments: [ElementType.float16, .q8_0, .q4_0, .q4_1, .q6_K], [17, 70, 300])
  func storedGatedBitsAreThoseOfTheParts(_ type: ElementType, rows: Int) throws {
    let (columns, depth) = (200, 512)
    let (input, result) = (MatrixLayout(rows: rows, columns: depth), MatrixLayout(rows: rows, columns: columns))
    var values = [Float](repeating: 0, count: rows * depth)
    values.withUnsafeMutableBufferPointer { fillUniform($0, seed: 1) }
    let (gate, up) = (Self.stored(type, columns * depth, seed: 2), Self.stored(type, columns * depth, seed: 3))
    for set in InstructionSet.available {
      let context = ExecutionContext(
        pool: try WorkerPool(threadCount: 2), instructionSet: set, fastMemoryBytes: 1 << 20)
      var (first, second) = (
        [Float](repeating: 0, count: rows * columns), [Float](repeating: 0, count: rows * columns)
      )
      let map = try StoredLinearPlan(type, input: input, output: result, context: context)
      try map.run(values.span, weight: gate.span.bytes, output: first.mutableSpan)
      try map.run(values.span, weight: up.span.bytes, output: second.mutableSpan)
      try GatedActivationPlan(.silu, gate: result, context: context).run(inPlace: first.mutableSpan, up: second.span)
      var joined = [Float](repeating: 0, count: rows * columns)
      try LinearGatedActivationPlan(.silu, type, input: input, columns: columns, context: context)
        .run(
          values.span, gateWeight: gate.span.bytes, upWeight: up.span.bytes, output: joined.mutableSpan)
      #expect(joined.map(\.bitPattern) == first.map(\.bitPattern), "\(set)")
    }
  }

  /// A decoder's stream with a stored map's result added: the bits of the map and the sum.
  @Test(arguments: [ElementType.bfloat16, .q8_0, .q4_1], [17, 70, 300])
  func storedResidualBitsAreThoseOfTheParts(_ type: ElementType, rows: Int) throws {
    let (columns, depth) = (200, 512)
    let (input, result) = (MatrixLayout(rows: rows, columns: depth), MatrixLayout(rows: rows, columns: columns))
    var values = [Float](repeating: 0, count: rows * depth)
    values.withUnsafeMutableBufferPointer { fillUniform($0, seed: 1) }
    var stream = [Float](repeating: 0, count: rows * columns)
    stream.withUnsafeMutableBufferPointer { fillUniform($0, seed: 2) }
    let weight = Self.stored(type, columns * depth, seed: 3)
    for set in InstructionSet.available {
      let context = ExecutionContext(
        pool: try WorkerPool(threadCount: 2), instructionSet: set, fastMemoryBytes: 1 << 20)
      var separate = [Float](repeating: 0, count: rows * columns)
      try StoredLinearPlan(type, input: input, output: result, context: context)
        .run(values.span, weight: weight.span.bytes, output: separate.mutableSpan)
      for index in separate.indices { separate[index] += stream[index] }
      var joined = stream
      try LinearResidualPlan(type, input: input, columns: columns, context: context)
        .run(values.span, weight: weight.span.bytes, ontoResidual: joined.mutableSpan)
      #expect(joined.map(\.bitPattern) == separate.map(\.bitPattern), "\(set)")
    }
  }

  private static func stored(_ type: ElementType, _ count: Int, seed: UInt64) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: type.byteCount(ofElements: count))
    bytes.withUnsafeMutableBytes { fillStored($0, as: type, seed: seed) }
    return bytes
  }

  /// Heads in planes of their own; groups of columns end inside a head, rows inside a sequence.
  @Test(
    arguments: [(1, 1, 1, 1, 1), (3, 5, 2, 1, 16), (2, 150, 3, 3, 40), (4, 97, 5, 2, 24), (1, 40, 9, 4, 96)],
    [1, 64, 300])
  func headsHaveTheBitsOfTheParts(_ sizes: (Int, Int, Int, Int, Int), depth: Int) throws {
    let problem = AttentionInputBiasProblem(
      batch: sizes.0, length: sizes.1, queryHeads: sizes.2, keyValueHeads: sizes.3, headDimension: sizes.4)
    var extents = OperatorRequest(problem).extents
    extents[.depth] = depth
    let rows: Extents = [.rows: problem.input.rows, .columns: problem.input.columns, .depth: depth]
    let (linear, alone, fused) = (
      try OperatorCatalog.entry(named: "linear"), try OperatorCatalog.entry(named: "AIB"),
      try OperatorCatalog.entry(named: "L-AIB")
    )
    for set in InstructionSet.available {
      for (_, packs, threads, capacity) in Self.ways {
        let context = ExecutionContext(
          pool: try WorkerPool(threadCount: threads), instructionSet: set, fastMemoryBytes: capacity)
        let whole = try OperandStorage(fused.descriptor, extents: extents, mode: .training)
        let product = try OperandStorage(linear.descriptor, extents: rows, mode: .training)
        for operand in ["input", "weight"] { product.copy(operand, from: whole, operand) }
        try linear.prepare(OperatorRequest(extents: rows), context: context).run(product.buffers)
        let after = try OperandStorage(alone.descriptor, extents: extents, mode: .training)
        after.copy("input", from: product, "output")
        after.copy("bias", from: whole, "bias")
        try alone.prepare(OperatorRequest(extents: extents), context: context).run(after.buffers)
        var request = OperatorRequest(extents: extents)
        request.packsWeights = packs
        try fused.prepare(request, context: context).run(whole.buffers)
        for operand in ["queries", "keys", "values"] {
          #expect(
            whole.floats(operand).elementsEqual(after.floats(operand)) { $0.bitPattern == $1.bitPattern },
            "\(operand), \(set), \(threads) threads")
        }
      }
    }
  }
}

extension OperandStorage {
  /// An operand's elements; none where the call lacks it.
  fileprivate func floats(_ name: String) -> UnsafeMutableBufferPointer<Float> {
    (buffers[name] ?? UnsafeMutableRawBufferPointer(start: nil, count: 0)).bindMemory(to: Float.self)
  }

  /// Takes another call's elements where both have the operand.
  fileprivate func copy(_ name: String, from other: OperandStorage, _ otherName: String) {
    let (to, from) = (floats(name), other.floats(otherName))
    guard !to.isEmpty, to.count == from.count else { return }
    _ = to.update(fromContentsOf: from)
  }
}
