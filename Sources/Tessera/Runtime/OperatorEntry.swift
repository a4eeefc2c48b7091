/// A catalog line: what the operator is, and how a call of it is made from extents alone.
public struct OperatorEntry: Sendable {
  public let descriptor: OperatorDescriptor
  /// Which variants of its kernel family this build has.
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

  /// Plans a call. Throws for options that the operator does not have, and for extents that are negative or whose
  /// operands do not fit in memory.
  public func prepare(_ request: OperatorRequest, context: ExecutionContext) throws(TesseraError) -> PreparedOperator {
    try descriptor.checkOptions(request)
    try descriptor(for: request).checkSize(request.extents)
    return try prepareChecked(request, try ExecutionContext.resolve(context))
  }
}

/// A planned call that can be run again and again.
public struct PreparedOperator {
  /// Memory that the plan holds beyond the operands.
  public let workspaceBytes: Int
  private let packing: (OperandBuffers) throws(TesseraError) -> UnsafeRawBufferPointer?
  private let call: (OperandBuffers) throws(TesseraError) -> Void

  /// `packWeights` does what a user does once and not for each call, and returns where packed weights lie.
  init(
    workspaceBytes: Int = 0,
    packWeights: @escaping (OperandBuffers) throws(TesseraError) -> UnsafeRawBufferPointer? = { _ in nil },
    run: @escaping (OperandBuffers) throws(TesseraError) -> Void
  ) {
    self.workspaceBytes = workspaceBytes
    packing = packWeights
    call = run
  }

  /// Runs the call on operands found by name.
  public func run(_ operands: OperandBuffers) throws(TesseraError) {
    _ = try packing(operands)
    try call(operands)
  }

  /// Packs weights once, for all calls of `runPacked` on the same operands with the same values. Returns the memory
  /// that it made, which lives as long as the call does; nil where the call has none to pack.
  @discardableResult
  public func packWeights(_ operands: OperandBuffers) throws(TesseraError) -> UnsafeRawBufferPointer? {
    try packing(operands)
  }

  /// The same call on operands whose weights have been packed, where it has any to pack.
  public func runPacked(_ operands: OperandBuffers) throws(TesseraError) { try call(operands) }
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
