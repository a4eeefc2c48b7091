import Tessera

/// An attention problem in a few plain values.
public struct AttentionRecipe: VerificationRecipe {
  public var operatorName: String { OperatorDescriptor.attention.name }
  public var batch = 1
  public var heads = 1
  public var groupSize = 1
  public var queries = 1
  public var keys = 1
  public var dimension = 1
  public var valueDimension = 1
  public var scale: Float?
  public var mask = Mask.full
  public var alignment = AttentionMask.Alignment.bottomRight.rawValue
  /// The window's sides; nil is open.
  public var left: Int?
  public var right: Int?
  /// Where queries stand, in turn; nil: as the alignment says.
  public var offsets: [Int]?
  /// Whether sequences have lengths of their own: those of `lengths`, from the first on, each cut to the keys.
  public var lengths: [Int]?
  /// The same of queries.
  public var queryLengths: [Int]?
  /// Where sequences lie; nil: in planes of their own.
  var packing: AttentionPacking?
  /// Where documents begin, in turn; nil: one document each.
  public var documentStarts: [[Int]]?
  public var softcap: Float?
  /// Which of batch (1), heads (2) and queries (4) the operand is broadcast over; nil: no such operand.
  public var bias: Int?
  public var booleanMask: Int?
  /// What of the same the gradient of the bias is summed over; nil where it is not wanted.
  public var biasGradient: Int?
  var blockMask: BlockMaskRecipe?
  public var slopes: AttentionSlopes?
  public var hasSinks = false
  public var dropProbability: Double?
  public var namesDropoutSequences = false
  public var writesLogSumExp = true
  public var rowsFirst = false
  var layout: AttentionLayout?
  public var values = AttentionValues.ordinary

  public enum Mask: String, CaseIterable, Codable, Sendable {
    case full, causal, window
  }

  public init() {}

  private func problem() throws(TesseraError) -> AttentionProblem {
    var problem = AttentionProblem(
      batch: batch, queryHeads: heads * groupSize, keyValueHeads: heads, queryLength: queries, keyLength: keys,
      headDimension: dimension, valueDimension: valueDimension, order: rowsFirst ? .rowsFirst : .headsFirst)
    if let scale { problem.scale = scale }
    let alignment = AttentionMask.Alignment(rawValue: alignment) ?? .bottomRight
    problem.mask =
      switch mask {
      case .full: .full
      case .causal: .causal(alignment: alignment)
      case .window: .window(left: left, right: right, alignment: alignment)
      }
    if let offsets { problem.queryOffsets = (0..<batch).map { offsets[$0 % offsets.count] } }
    if let lengths { problem.keyLengths = (0..<batch).map { min(keys, lengths[$0 % lengths.count]) } }
    if let queryLengths {
      problem.queryLengths = (0..<batch).map { min(queries, queryLengths[$0 % queryLengths.count]) }
    }
    if let documentStarts { problem.documentStarts = (0..<batch).map { documentStarts[$0 % documentStarts.count] } }
    packing?.apply(
      to: &problem, queryLengths: problem.queryLengths ?? (0..<batch).map { _ in queries },
      keyLengths: problem.keyLengths ?? (0..<batch).map { _ in keys }, order: rowsFirst ? .rowsFirst : .headsFirst)
    problem.softcap = softcap
    problem.slopes = slopes
    problem.hasSinks = hasSinks
    func ofScores(_ broadcast: Int) -> BatchedMatrixLayout {
      BatchedMatrixLayout(scoresOf: problem, broadcast: broadcast)
    }
    problem.bias = bias.map(ofScores)
    problem.booleanMask = booleanMask.map(ofScores)
    if bias != nil { problem.gradients.bias = biasGradient.map(ofScores) }
    problem.blockMask = try blockMask?.mask(for: problem)
    if let dropProbability { problem.dropout = try Dropout(probability: dropProbability, seed: 1) }
    if namesDropoutSequences { problem.dropoutSequences = (0..<batch).map { 11 * (batch - $0) } }
    problem.writesLogSumExp = writesLogSumExp
    layout?.apply(to: &problem)
    return problem
  }

  /// The case that it stands for.
  public func verificationCase() throws(TesseraError) -> VerificationCase {
    var verificationCase = try VerificationCase(try problem(), values: values)
    verificationCase.comparesByTerms = true
    return verificationCase
  }
}

extension AttentionRecipe {
  /// What of it pairs are counted of, each as "kind: choice"; of one kind a recipe has one choice.
  public var choices: [String] {
    [
      "scale: \(scale == nil ? "default" : "given")",
      "mask: \(mask.rawValue)\(mask == .full ? "" : " \(alignment)")", "lengths: \(lengths != nil)",
      "offsets: \(offsets != nil)", "queryLengths: \(queryLengths != nil)",
      "packing: \(packing?.rawValue ?? "none")",
      "softcap: \(softcap != nil)", "bias: \(bias.map { $0 == 0 ? "whole" : "broadcast" } ?? "none")",
      "booleanMask: \(booleanMask.map { $0 == 0 ? "whole" : "broadcast" } ?? "none")",
      "slopes: \(slopes?.rawValue ?? "none")", "sinks: \(hasSinks)",
      "dropout: \(dropProbability.map { $0 == 0 || $0 == 1 ? "all or nothing" : "some" } ?? "none")",
      "dropoutSequences: \(namesDropoutSequences)", "logSumExp: \(writesLogSumExp)", "rowsFirst: \(rowsFirst)",
      "layout: \(layout?.rawValue ?? "without gaps")", "values: \(values.rawValue)",
      "groups: \(groupSize > 1)", "lengths of queries and keys: \(queries == keys ? "same" : "different")",
      "dimensions: \(dimension == valueDimension ? "same" : "different")",
      "queries: \(groupSize * queries <= 8 ? "few" : "many")",
      "keys: \(splitsKeys ? "split" : "together")", "documents: \(documentStarts != nil)",
      "blockMask: \(blockMask.map { $0.broadcast == 0 ? "whole" : "broadcast" } ?? "none")",
    ]
  }

  private var splitsKeys: Bool { (try? problem()).map { AttentionPartition($0).keyRanges > 1 } ?? false }
}
