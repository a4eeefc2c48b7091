/// The first half of a gated feed-forward network: two linear maps, the activation of one times the other, while the
/// results of both are in the cache, planned.
///
///     gate[r][c] = Σ_k input[r][k] · gateWeight[c][k],  up[r][c] = Σ_k input[r][k] · upWeight[c][k]
///     output[r][c] = activation(gate[r][c]) · up[r][c]
///
/// The same bits as two `LinearPlan`s and `GatedActivationPlan` one after the other, for every number of threads. A
/// plan has working memory: it runs one call at a time.
/// Shazeer, "GLU Variants Improve Transformer" (2020).
public final class LinearGatedActivationPlan {
  private let descriptor: OperatorDescriptor
  private let map: LinearMap
  private let stages: ElementwisePlan
  private let mode: ExecutionMode
  private let context: ExecutionContext

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { map.workspace.byteCount }

  /// input: rows × depth; weight: how both weights lie, columns × depth, or packed so; output: rows × columns.
  /// `workspace`, of at least the context's threads, may be shared with plans that do not run at the same time; nil
  /// takes one. Throws where extents disagree or do not fit in memory.
  public convenience init(
    _ activation: Activation, input: MatrixLayout, weight: MatrixLayout, isPacked: Bool = false,
    output: MatrixLayout? = nil, mode: ExecutionMode, workspace: GemmWorkspace? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    try self.init(
      activation, input: input, weight: weight, isPacked ? .packed : .rows, output: output, mode: mode,
      workspace: workspace, context: context)
  }

  /// A plan for inference whose weights come as a model file stores them: `columns` rows of `type` without gaps. The
  /// bits are those of two `StoredLinearPlan`s of more than `StoredLinearPlan.fewRows` rows and `GatedActivationPlan`.
  public convenience init(
    _ activation: Activation, _ type: ElementType, input: MatrixLayout, columns: Int, output: MatrixLayout? = nil,
    workspace: GemmWorkspace? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    try self.init(
      activation, input: input, weight: MatrixLayout(rows: columns, columns: input.columns), .stored(type),
      output: output, mode: .inference, workspace: workspace, context: context)
  }

  private init(
    _ activation: Activation, input: MatrixLayout, weight: MatrixLayout, _ form: LinearWeight.Form,
    output: MatrixLayout?, mode: ExecutionMode, workspace: GemmWorkspace?, context: ExecutionContext?
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let result = MatrixLayout(rows: input.rows, columns: weight.rows)
    if case .stored(let type) = form {
      descriptor = .linearGatedActivation(storedAs: type)
    } else {
      descriptor = .linearGatedActivation
    }
    map = try LinearMap(
      descriptor, input: input, weight: weight, form: form, finish: .columns,
      epilogueMatrices: mode == .training ? 3 : 1,
      weightNames: ["gate-weight", "up-weight"],
      workspace: workspace ?? GemmWorkspace(threadCount: context.pool.threadCount), context: context)
    stages = try ElementwisePlan(
      descriptor, [.activation(activation), .gate],
      layouts: .init(input: result, output: output ?? result, second: result), context: context)
    (self.mode, self.context) = (mode, context)
  }

  /// `output` shares memory with nothing else. `keeping` is needed in training and not used in inference.
  /// Throws before anything is written.
  public func run(
    _ input: Span<Float>, gateWeight: Span<Float>, upWeight: Span<Float>, output: consuming MutableSpan<Float>,
    keeping kept: LinearGatedActivationSavedTensors? = nil
  ) throws(TesseraError) {
    var output = output
    try LinearWeight.with(gateWeight) { gate throws(TesseraError) in
      try LinearWeight.with(upWeight) { up throws(TesseraError) in try run(input, gate, up, &output, kept) }
    }
  }

  /// The same with weights that were packed for the plan's shape and instruction set.
  public func run(
    _ input: Span<Float>, gateWeight: PackedWeights, upWeight: PackedWeights, output: consuming MutableSpan<Float>,
    keeping kept: LinearGatedActivationSavedTensors? = nil
  ) throws(TesseraError) {
    var output = output
    try run(input, .packed(gateWeight), .packed(upWeight), &output, kept)
  }

  /// The same with stored weights, which may begin at any address and stay as they are while the call runs.
  public func run(
    _ input: Span<Float>, gateWeight: RawSpan, upWeight: RawSpan, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try gateWeight.withUnsafeBytes { gate throws(TesseraError) in
      try upWeight.withUnsafeBytes { up throws(TesseraError) in
        try run(input, .stored(gate), .stored(up), &output, nil)
      }
    }
  }

  private func run(
    _ input: Span<Float>, _ gate: LinearWeight, _ up: LinearWeight, _ output: inout MutableSpan<Float>,
    _ kept: LinearGatedActivationSavedTensors?
  ) throws(TesseraError) {
    try input.withBuffer { input throws(TesseraError) in
      try output.withMutableBuffer { output throws(TesseraError) in
        try run(
          .init(
            input: input, gateWeight: gate, upWeight: up, output: output, gate: kept?.gate.elements,
            up: kept?.up.elements))
      }
    }
  }

  struct Operands {
    var input: UnsafeBufferPointer<Float>
    var gateWeight, upWeight: LinearWeight
    var output: UnsafeMutableBufferPointer<Float>
    /// What training keeps: both maps' results, without gaps.
    var gate, up: UnsafeMutableBufferPointer<Float>?
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ operands: Operands) throws(TesseraError) {
    var (input, gate, product) = try map.place(operands.input, operands.gateWeight)
    let up: PlacedMatrix
    (up, product.secondRight) = try map.placeWeight(operands.upWeight, operand: map.weightNames[1])
    let stageOperands = ElementwisePlan.Operands(
      input: UnsafeBufferPointer(start: nil, count: 0), output: operands.output)
    let output = try stages.placeOutput(stageOperands)
    let keptGate = try placeKept(operands.gate, "gate")
    let keptUp = try placeKept(operands.up, "up")
    try checkOverlap(descriptor, reads: [input, gate, up], writes: [output, keptGate, keptUp])
    var epilogue = stages.epilogue(stageOperands)
    if mode == .training {
      epilogue = epilogue.keepingSums(operands.gate!, columns: map.columns)
        .keepingSums(operands.up!, columns: map.columns, ofSecond: true)
    }
    let traffic = map.product.run(product, finishing: epilogue)
    context.ledger?.record(descriptor, extents: map.extents, mode: mode, traffic: traffic)
  }

  private func placeKept(
    _ kept: UnsafeMutableBufferPointer<Float>?, _ operand: String
  ) throws(TesseraError) -> PlacedMatrix {
    guard mode == .training else { return .absent }
    let layout = MatrixLayout(rows: map.rows, columns: map.columns)
    let name = descriptor.name
    guard let kept else {
      throw .invalidOperand(
        operation: name, operand: operand, expected: "a place for what training keeps", actual: "nil")
    }
    try checkVector(kept.count, expected: layout.rows * layout.columns, operation: name, operand: operand)
    return PlacedMatrix(operand, UnsafeBufferPointer(kept), layout)
  }
}

/// What the backward pass of a gated feed-forward network's first half needs besides input and weights.
public struct LinearGatedActivationSavedTensors: Sendable {
  /// Both maps' results, rows × columns.
  public let gate, up: AlignedBuffer<Float>

  /// Throws for extents that do not fit.
  public init(rows: Int, columns: Int) throws(TesseraError) {
    let count = try keptSumCount(rows: rows, columns: columns, .linearGatedActivation)
    gate = try AlignedBuffer(uninitializedCount: count)
    up = try AlignedBuffer(uninitializedCount: count)
  }
}
