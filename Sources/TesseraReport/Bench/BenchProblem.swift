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

  public var descriptor: OperatorDescriptor { entry.descriptor }

  /// Throws for extents that the operator lacks or does not have, and for options that mean nothing to it.
  public init(
    operatorName: String, extents: [Extent: Int], dropProbability: Double? = nil, seed: UInt64 = 0,
    mode: ExecutionMode = .training, transposesRight: Bool = false, isInPlace: Bool = false, isWarm: Bool = false,
    runs: Int = 50
  ) throws(TesseraError) {
    entry = try OperatorCatalog.entry(named: operatorName)
    let descriptor = entry.descriptor
    func fail(_ operand: String, expected: String, actual: String) -> TesseraError {
      .invalidOperand(operation: descriptor.name, operand: operand, expected: expected, actual: actual)
    }
    for extent in Extent.allCases {
      let value = extents[extent]
      if descriptor.extents.contains(extent) {
        // One plane is a two-dimensional call.
        guard value != nil || extent == .planes else {
          throw fail(extent.rawValue, expected: "a value", actual: "none")
        }
        guard value ?? 1 >= 1 else { throw fail(extent.rawValue, expected: "1 or more to time", actual: "\(value!)") }
      } else if let value {
        throw fail(extent.rawValue, expected: "none, the operator does not have it", actual: "\(value)")
      }
    }
    guard dropProbability == nil || descriptor.hasDropout else {
      throw fail("dropout", expected: "none, the operator has no dropout", actual: "\(dropProbability!)")
    }
    guard !transposesRight || descriptor.name == OperatorDescriptor.batchedContraction.name else {
      throw fail("transposed right operand", expected: "none, the operator does not have it", actual: "one")
    }
    guard !isInPlace || !descriptor.aliasing.isEmpty else {
      throw fail("output", expected: "memory of its own", actual: "an input's")
    }
    guard runs >= 1 else { throw fail("runs", expected: "1 or more", actual: "\(runs)") }
    var request = OperatorRequest(extents: Extents(extents))
    request.mode = mode
    request.seed = seed
    request.transposesRight = transposesRight
    if let dropProbability { request.dropProbability = dropProbability }
    if descriptor.hasDropout { _ = try request.dropout }
    self.request = request
    self.isInPlace = isInPlace
    self.isWarm = isWarm
    self.runs = runs
  }

  /// Decisions that a call draws.
  var dropoutDecisions: Int {
    // Inference drops nothing, except in the operator that does nothing else.
    let draws = descriptor.hasDropout && (request.mode == .training || descriptor.fuses.isEmpty)
    guard draws, (try? request.dropout.isIdentity) == false else { return 0 }
    return descriptor.writes.first { $0.name == "output" }?.elementCount(request.extents) ?? 0
  }
}

extension OperatorDescriptor {
  /// Whether it is dropout or fuses it.
  var hasDropout: Bool { ([name] + fuses).contains(OperatorDescriptor.dropout.name) }
}
