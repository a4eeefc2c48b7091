/// What an operator is and costs: declared once, read by kernels' ledger, report, bench, docs, verify and tests.
public struct OperatorDescriptor: Hashable, Sendable {
  /// The catalog's key, in words joined by hyphens.
  public var name: String
  /// The paper's label of a fused kernel, or nil.
  public var label: String?
  /// The highest class among what it fuses.
  public var operatorClass: OperatorClass
  /// Names of the operators that it does in one pass, in order; empty for one that is not fused.
  public var fuses: [String]
  /// The result as a formula, for the docs.
  public var formula: String
  public var floatingPointOperations: Count
  /// Decisions that a call with dropout draws; none for an operator without.
  public var dropoutDraws: Count
  public var reads: [Operand]
  public var writes: [Operand]
  /// What a plan holds and reads, made once from options: part of Q, and no operand of a call.
  public var constants: [Operand]
  /// Which inputs an output may be the same memory as, in one call one of them; the usual one first.
  public var aliasing: [String: [String]]
  /// Options of a call, but for those that follow from draws and aliasing.
  private var declaredOptions: Set<OperatorOption>
  /// Whether the bytes are taken as Q because loops that are not ours move them.
  public var isTrafficModelled: Bool

  public init(
    name: String, label: String? = nil, operatorClass: OperatorClass, fuses: [String] = [], formula: String,
    floatingPointOperations: Count, dropoutDraws: Count = Count(0), reads: [Operand], writes: [Operand],
    constants: [Operand] = [], aliasing: [String: [String]] = [:], options: Set<OperatorOption> = [],
    isTrafficModelled: Bool = false
  ) {
    self.name = name
    self.label = label
    self.operatorClass = operatorClass
    self.fuses = fuses
    self.formula = formula
    self.floatingPointOperations = floatingPointOperations
    self.dropoutDraws = dropoutDraws
    self.reads = reads
    self.writes = writes
    self.constants = constants
    self.aliasing = aliasing
    declaredOptions = options
    self.isTrafficModelled = isTrafficModelled
  }

  /// What a call may have besides extents and layouts.
  public var options: Set<OperatorOption> {
    var options = declaredOptions
    if hasDropout { options.insert(.dropout) }
    if !aliasing.isEmpty { options.insert(.inPlace) }
    return options
  }

  /// Whether it is dropout or fuses it.
  public var hasDropout: Bool { dropoutDraws != Count(0) }

  /// The extents of its operands, in the vocabulary's order.
  public var extents: [Extent] {
    let used = Set((reads + writes).flatMap(\.shape.extents))
    return Extent.allCases.filter(used.contains)
  }

  /// What is written in this mode.
  public func writes(in mode: ExecutionMode) -> [Operand] {
    writes.filter { mode == .training || !$0.isKeptForBackward }
  }

  /// Whether inference differs from training: in what is kept for the backward pass, or in a fused dropout.
  public var dependsOnMode: Bool { writes.contains(where: \.isKeptForBackward) || fuses.contains("dropout") }

  /// What a call's least bytes, Q, are made of: each input once, each output once.
  public func leastTraffic(_ extents: Extents, mode: ExecutionMode) -> Traffic {
    Traffic(
      readBytes: (reads + constants).reduce(0) { $0 + $1.leastByteCount(extents) },
      writtenBytes: writes(in: mode).reduce(0) { $0 + $1.leastByteCount(extents) })
  }
}
