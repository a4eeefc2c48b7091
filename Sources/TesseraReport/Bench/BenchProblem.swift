import Tessera

/// What `tessera bench` times: a request for one operator, checked once, and how its calls are made.
public struct BenchProblem: Sendable {
  public internal(set) var entry: OperatorEntry
  public internal(set) var request: OperatorRequest
  /// Whether every call works on the same memory, instead of memory that has left the caches.
  public let isWarm: Bool
  /// Timed calls.
  public let runs: Int

  /// Whether outputs that may be an input's memory are.
  public var isInPlace: Bool { request.isInPlace }

  /// What this call is: without what it lacks, with what it returns.
  public var descriptor: OperatorDescriptor { entry.descriptor(for: request) }

  /// Throws for extents that the operator lacks or does not have, and for options that mean nothing to it.
  ///
  /// Where `mode` is left out it is training; attention's is inference unless a drop probability is given. `configure`
  /// sets options and layouts of a request that has its extents.
  public init(
    operatorName: String, extents: [Extent: Int], mode: ExecutionMode? = nil, isWarm: Bool = false, runs: Int = 50,
    configure: (inout OperatorRequest) throws(TesseraError) -> Void = { _ throws(TesseraError) in }
  ) throws(TesseraError) {
    entry = try OperatorCatalog.entry(named: operatorName)
    let descriptor = entry.descriptor
    let extents = Self.completed(extents, of: descriptor)
    try Self.check(extents, of: descriptor)
    guard runs >= 1 else {
      throw .invalidOperand(operation: descriptor.name, operand: "runs", expected: "1 or more", actual: "\(runs)")
    }
    var request = OperatorRequest(extents: Extents(extents))
    try configure(&request)
    try descriptor.checkOptions(request)
    if descriptor.hasDropout { _ = try request.dropout }
    if descriptor.options.contains(.attention) {
      request = try Self.attention(request, mode: mode)
    } else {
      request.mode = mode ?? .training
    }
    self.request = request
    self.isWarm = isWarm
    self.runs = runs
  }

  /// Extents that follow from others where they are left out: as many key-value heads as query heads, as many keys as
  /// queries, values as wide as keys.
  private static let sources: [Extent: Extent] = [
    .keyValueHeads: .queryHeads, .keyLength: .queryLength, .valueDimension: .headDimension,
  ]

  /// The extents with those that follow from others, and one sequence where nothing is said of them.
  private static func completed(_ extents: [Extent: Int], of descriptor: OperatorDescriptor) -> [Extent: Int] {
    guard descriptor.extents.contains(.keyValueHeads) else { return extents }
    let usual = [(.batch, 1)] + sources.map { ($0.key, extents[$0.value]) }
    return usual.filter { descriptor.extents.contains($0.0) }.reduce(into: extents) { extents, line in
      extents[line.0] = extents[line.0] ?? line.1
    }
  }

  private static func check(_ extents: [Extent: Int], of descriptor: OperatorDescriptor) throws(TesseraError) {
    func fail(_ operands: [Extent], expected: String, actual: String) -> TesseraError {
      .invalidOperand(
        operation: descriptor.name, operand: operands.map(\.rawValue).joined(separator: ", "), expected: expected,
        actual: actual)
    }
    let own = Extent.allCases.filter { descriptor.extents.contains($0) && !$0.isDerived }
    for extent in Extent.allCases where !own.contains(extent) {
      guard let value = extents[extent] else { continue }
      throw fail([extent], expected: "none, the operator does not have it", actual: "\(value)")
    }
    // One plane is a two-dimensional call. What else is missing is asked for at once, but for what follows from that.
    let missing = own.filter { extent in
      let follows = sources[extent].map { own.contains($0) && extents[$0] == nil } ?? false
      return extents[extent] == nil && extent != .planes && !follows
    }
    guard missing.isEmpty else {
      throw fail(missing, expected: missing.count == 1 ? "a value" : "a value each", actual: "none")
    }
    for extent in own {
      guard let value = extents[extent], value < 1 else { continue }
      throw fail([extent], expected: "1 or more to time", actual: "\(value)")
    }
  }

  /// The request with its derived extents. Training keeps log-sum-exps, and drops by the request's probability where
  /// one was given.
  private static func attention(
    _ request: OperatorRequest, mode: ExecutionMode?
  ) throws(TesseraError) -> OperatorRequest {
    let drops = request.options.contains(.dropout)
    let mode = mode ?? (drops ? .training : .inference)
    var problem = request.attention ?? AttentionProblem(request.extents)
    if mode == .inference { problem.dropout = nil }
    if mode == .training, drops, problem.dropout == nil { problem.dropout = try request.dropout }
    problem.writesLogSumExp = mode == .training
    return try OperatorRequest(problem)
  }
}
