/// A catalog line: what the operator is, and how a call of it is made from extents alone.
public struct OperatorEntry: Sendable {
  public let descriptor: OperatorDescriptor
  /// Which variants of its kernel family this build has; empty where the kernels are not ours.
  public let variants: [InstructionSet]
  private let describe: @Sendable (OperatorRequest) -> OperatorDescriptor
  let prepareChecked: @Sendable (OperatorRequest, ExecutionContext) throws(TesseraError) -> PreparedOperator

  init(
    _ descriptor: OperatorDescriptor, variants: [InstructionSet],
    describe: (@Sendable (OperatorRequest) -> OperatorDescriptor)? = nil,
    prepare: @escaping @Sendable (OperatorRequest, ExecutionContext) throws(TesseraError) -> PreparedOperator
  ) {
    self.descriptor = descriptor
    self.variants = variants
    self.describe = describe ?? { _ in descriptor }
    prepareChecked = prepare
  }

  /// What this call is: the operator's descriptor, unless options of the request change which operands it has.
  public func descriptor(for request: OperatorRequest) -> OperatorDescriptor { describe(request) }

  /// Plans a call. Throws for extents that are negative or whose operands do not fit in memory.
  public func prepare(_ request: OperatorRequest, context: ExecutionContext) throws(TesseraError) -> PreparedOperator {
    try descriptor(for: request).checkSize(request.extents)
    return try prepareChecked(request, try ExecutionContext.resolve(context))
  }
}

/// What a call is made from: sizes, options and, where they are not contiguous, layouts.
public struct OperatorRequest: Sendable {
  public var extents: Extents
  /// Layouts of matrix operands that are not contiguous, by operand name; planes count as rows.
  public var layouts: [String: MatrixLayout] = [:]
  /// Layouts of operands with planes, by operand name.
  public var batchedLayouts: [String: BatchedMatrixLayout] = [:]
  /// Whether what the backward pass needs is written.
  public var mode: ExecutionMode = .training
  /// 0 to 1, for operators that drop.
  public var dropProbability = 0.1
  /// As in `Dropout`.
  public var seed: UInt64 = 0
  /// As in `Dropout`.
  public var offset: UInt32 = 0
  /// What the operator `scale`, and what fuses it, multiplies by.
  public var scale: Float = 1
  /// Of an operator that takes any.
  public var activation = Activation.relu
  /// Which columns a row of stored scores sees.
  public var mask = AttentionMask.full
  /// What a norm adds to the variance: finite, 0 or more.
  public var epsilon: Float = 1e-5
  /// Whether operands that a call may lack are there: a fused norm's bias.
  public var hasBias = true
  /// Whether inference, too, writes the sum that a fused norm normalises.
  public var returnsSum = false
  /// Of a batched contraction: whether the right operand is columns × depth rather than depth × columns.
  public var transposesRight = false
  /// How the weights of an operator that reads them as stored are stored.
  public var weightType = StoredType.float32

  /// Whether outputs that may be an input's memory are: what such a call leaves alone counts in no bytes.
  public var isInPlace = false
  public var rotary = RotaryEmbeddingOptions()
  /// Of sampling; seed and offset are the request's own.
  public var sampling = SamplingOptions()
  /// Of sampling: rows' tokens that the penalty is for.
  public var recentTokens: [Int32] = []
  /// Of attention: layouts and options. Where nil, the extents' full attention without options.
  public var attention: AttentionProblem?

  public init(extents: Extents) { self.extents = extents }

  /// A call of attention. Throws what is wrong with the problem.
  public init(_ problem: AttentionProblem) throws(TesseraError) {
    extents = try problem.checkedExtents()
    attention = problem
    mode = problem.writesLogSumExp ? .training : .inference
  }

  /// A call that splits queries, keys and values into heads.
  public init(_ problem: AttentionInputBiasProblem) {
    extents = problem.extents
    layouts = ["input": problem.input]
    batchedLayouts = ["queries": problem.queries, "keys": problem.keys, "values": problem.values]
  }

  /// Throws for a probability outside 0 to 1.
  public var dropout: Dropout {
    get throws(TesseraError) { try Dropout(probability: dropProbability, seed: seed, offset: offset) }
  }

  /// The operand's layout: the given one, or contiguous with these extents.
  public func layout(_ operand: String, rows: Int, columns: Int) -> MatrixLayout {
    layouts[operand] ?? MatrixLayout(rows: rows, columns: columns)
  }
}

/// A planned call that can be run again and again.
public struct PreparedOperator {
  /// Memory that the plan holds beyond the operands.
  public let workspaceBytes: Int
  /// Runs the call on operands found by name.
  public let run: (OperandBuffers) throws(TesseraError) -> Void

  init(workspaceBytes: Int = 0, run: @escaping (OperandBuffers) throws(TesseraError) -> Void) {
    self.workspaceBytes = workspaceBytes
    self.run = run
  }
}

/// The memory of a call's operands, by the names that its descriptor gives them.
public struct OperandBuffers {
  private var buffers: [String: UnsafeMutableRawBufferPointer] = [:]
  private var owners: [AnyObject] = []

  public init() {}

  /// nil for an operand that was not given.
  public subscript(name: String) -> UnsafeMutableRawBufferPointer? {
    get { buffers[name] }
    set { buffers[name] = newValue }
  }

  /// Ties an owner of the memory to the buffers, so that they can outlive whoever made them.
  package mutating func keepAlive(_ owner: AnyObject) { owners.append(owner) }

  /// A float operand that is read; empty where it was not given.
  func input(_ name: String) -> UnsafeBufferPointer<Float> { UnsafeBufferPointer(output(name)) }

  /// A float operand that is written; empty where it was not given.
  func output(_ name: String) -> UnsafeMutableBufferPointer<Float> {
    (buffers[name] ?? UnsafeMutableRawBufferPointer(start: nil, count: 0)).bindMemory(to: Float.self)
  }

  /// An operand of integers that is written; empty where it was not given.
  func indices(_ name: String) -> UnsafeMutableBufferPointer<Int32> {
    (buffers[name] ?? UnsafeMutableRawBufferPointer(start: nil, count: 0)).bindMemory(to: Int32.self)
  }

  /// A byte operand that is read; empty where it was not given.
  func inputBytes(_ name: String) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(bytes(name)) }

  /// A byte operand that is written; empty where it was not given.
  func bytes(_ name: String) -> UnsafeMutableBufferPointer<UInt8> {
    (buffers[name] ?? UnsafeMutableRawBufferPointer(start: nil, count: 0)).bindMemory(to: UInt8.self)
  }

  /// Stored elements that are read, from this byte on; empty where they were not given.
  func stored(_ name: String, from start: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes(name))[start...])
  }

  /// Row numbers that are read; empty where they were not given.
  func rowNumbers(_ name: String) -> UnsafeBufferPointer<Int32> {
    UnsafeBufferPointer(
      (buffers[name] ?? UnsafeMutableRawBufferPointer(start: nil, count: 0)).bindMemory(to: Int32.self))
  }
}
