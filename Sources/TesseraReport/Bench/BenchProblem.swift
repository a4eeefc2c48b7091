import Tessera

/// What `tessera bench` times: one operator, its sizes and options, checked once.
public struct BenchProblem: Sendable {
  public let entry: OperatorEntry
  public let request: OperatorRequest
  /// Outputs that may be an input's memory are.
  public let isInPlace: Bool
  /// Whether every call works on the same memory, instead of memory that has left the caches.
  public let isWarm: Bool
  /// Timed calls.
  public let runs: Int

  /// Of this call: without what it lacks, with what it returns.
  public var descriptor: OperatorDescriptor { entry.descriptor(for: request) }

  /// Throws for extents that the operator lacks or does not have, and for options that mean nothing to it.
  ///
  /// Where `mode` is left out it is training; attention's is inference unless a drop probability is given. `attention`
  /// is for that operator alone, and what its extents may leave out is told there.
  public init(
    operatorName: String, extents: [Extent: Int], attention: BenchAttention? = nil, rotary: BenchRotary? = nil,
    dropProbability: Double? = nil, activation: Activation? = nil, seed: UInt64 = 0, mode: ExecutionMode? = nil,
    transposesRight: Bool = false, weightType: StoredType? = nil, hasBias: Bool = true, returnsSum: Bool = false,
    isInPlace: Bool = false, isWarm: Bool = false, runs: Int = 50
  ) throws(TesseraError) {
    entry = try OperatorCatalog.entry(named: operatorName)
    let descriptor = entry.descriptor
    let isAttention = descriptor.name == OperatorDescriptor.attention.name
    let extents =
      descriptor.extents.contains(.keyValueHeads) ? BenchAttention.completed(extents, of: descriptor) : extents
    func fail(_ operand: String, expected: String, actual: String) -> TesseraError {
      .invalidOperand(operation: descriptor.name, operand: operand, expected: expected, actual: actual)
    }
    try Self.check(extents, of: descriptor)
    guard attention == nil || isAttention else {
      throw fail("attention's options", expected: "none, the operator does not have them", actual: "some")
    }
    guard rotary == nil || descriptor.hasRotation else {
      throw fail("rotary embedding's options", expected: "none, the operator does not have them", actual: "some")
    }
    guard dropProbability == nil || descriptor.hasDropout else {
      throw fail("dropout", expected: "none, the operator has no dropout", actual: "\(dropProbability!)")
    }
    guard activation == nil || descriptor.hasActivation else {
      throw fail("activation", expected: "none, the operator has no choice", actual: activation!.rawValue)
    }
    guard !transposesRight || descriptor.name == OperatorDescriptor.batchedContraction.name else {
      throw fail("transposed right operand", expected: "none, the operator does not have it", actual: "one")
    }
    guard weightType == nil || descriptor.readsStoredElements else {
      throw fail("weights as stored", expected: "none, the operator does not have them", actual: weightType!.name)
    }
    guard hasBias || descriptor.reads.contains(where: { $0.name == "bias" && $0.isOptional }) else {
      throw fail("bias", expected: "no word on it, the operator has none that a call may lack", actual: "none")
    }
    guard !returnsSum || descriptor.writes.contains(where: { $0.name == "sum" && $0.isReturnable }) else {
      throw fail("sum", expected: "none, the operator does not have it", actual: "one")
    }
    guard !isInPlace || !descriptor.aliasing.isEmpty else {
      throw fail("output", expected: "memory of its own", actual: "an input's")
    }
    guard runs >= 1 else { throw fail("runs", expected: "1 or more", actual: "\(runs)") }
    if isAttention {
      request = try Self.request(
        attention ?? BenchAttention(), extents, dropProbability: dropProbability, seed: seed, mode: mode)
    } else {
      var request = OperatorRequest(extents: Extents(extents))
      if isInPlace, descriptor.name == OperatorDescriptor.attentionInputBias.name {
        request = OperatorRequest(Self.inputBias(extents).inPlace)
      }
      request.mode = mode ?? .training
      request.seed = seed
      request.transposesRight = transposesRight
      request.weightType = weightType ?? request.weightType
      (request.hasBias, request.returnsSum) = (hasBias, returnsSum)
      request.isInPlace = isInPlace
      rotary?.configure(&request, of: descriptor)
      request.activation = activation ?? request.activation
      if let dropProbability { request.dropProbability = dropProbability }
      if descriptor.hasDropout { _ = try request.dropout }
      self.request = request
    }
    self.isInPlace = isInPlace
    self.isWarm = isWarm
    self.runs = runs
  }

  /// The problem of these extents, contiguous [B, H, L, D].
  private static func inputBias(_ extents: [Extent: Int]) -> AttentionInputBiasProblem {
    AttentionInputBiasProblem(
      batch: extents[.batch]!, length: extents[.queryLength]!, queryHeads: extents[.queryHeads]!,
      keyValueHeads: extents[.keyValueHeads], headDimension: extents[.headDimension]!)
  }

  private static func check(_ extents: [Extent: Int], of descriptor: OperatorDescriptor) throws(TesseraError) {
    for extent in Extent.allCases {
      let value = extents[extent]
      func fail(expected: String, actual: String) -> TesseraError {
        .invalidOperand(operation: descriptor.name, operand: extent.rawValue, expected: expected, actual: actual)
      }
      if descriptor.extents.contains(extent), !extent.isDerived {
        // One plane is a two-dimensional call.
        guard value != nil || extent == .planes else { throw fail(expected: "a value", actual: "none") }
        guard value ?? 1 >= 1 else { throw fail(expected: "1 or more to time", actual: "\(value!)") }
      } else if let value {
        throw fail(expected: "none, the operator does not have it", actual: "\(value)")
      }
    }
  }

  private static func request(
    _ options: BenchAttention, _ extents: [Extent: Int], dropProbability: Double?, seed: UInt64, mode: ExecutionMode?
  ) throws(TesseraError) -> OperatorRequest {
    let mode = mode ?? (dropProbability == nil ? .inference : .training)
    let dropout = try Dropout(probability: dropProbability ?? 0, seed: seed)
    // Inference drops nothing.
    let problem = options.problem(extents, dropout: mode == .training ? dropout : nil, mode: mode)
    return try OperatorRequest(problem)
  }

  /// Which one; nil for an operator that has no choice.
  var activation: Activation? { descriptor.hasActivation ? request.activation : nil }

  /// How weights are stored; nil for an operator that reads none as stored.
  var weightType: StoredType? { descriptor.readsStoredElements ? request.weightType : nil }

  /// Of dropping an element; nil for an operator that has no dropout.
  var dropProbability: Double? {
    guard descriptor.hasDropout else { return nil }
    if let attention = request.attention { return attention.dropout?.probability ?? 0 }
    return request.dropProbability
  }
}

extension OperatorDescriptor {
  /// Whether it takes any activation, by the request.
  fileprivate var hasActivation: Bool { fuses.contains("activation") }

  /// Whether it turns the columns of heads.
  var hasRotation: Bool { ([name] + fuses).contains(OperatorDescriptor.rotaryEmbedding.name) }

  fileprivate var readsStoredElements: Bool {
    reads.contains { operand in
      if case .stored = operand.elementType { true } else { false }
    }
  }
}
