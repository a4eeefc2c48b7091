import FoundationEssentials
import Tessera
import TesseraVerify

/// A call of attention over ranges of a cache in a few plain values, from which everything else follows: what random
/// tests draw, shrink and print.
struct RangesRecipe: Codable, Hashable {
  /// How keys and values are stored.
  var type = ElementType.float32.rawValue
  var heads = 1
  var groupSize = 1
  var queries = 1
  /// Columns, in blocks of the type.
  var width = 1
  var valueWidth = 1
  /// Keys of each sequence.
  var lengths = [1]
  /// Keys that the problem has room for beyond those of the longest sequence.
  var room = 0
  /// How many granules the ranges of a sequence have, in turn; the last range has what is left.
  var granules = [1]
  /// What ranges' places follow from: their order in memory and the gaps between them.
  var places: UInt64 = 0
  /// Blocks between rows.
  var keyGap = 0
  var valueGap = 0
  /// Whether a head's rows follow each other, rather than a row's heads.
  var headsLieApart = false
  var rowsFirst = false
  var mask = AttentionRecipe.Mask.full
  var alignment = AttentionMask.Alignment.bottomRight.rawValue
  var left: Int?
  var right: Int?
  var scale: Float?
  var softcap: Float?
  var dropProbability: Double?
  /// Where queries stand, in turn; nil: as the alignment says.
  var offsets: [Int]?
  var slopes: AttentionSlopes?
  var hasSinks = false
  /// Which of batch (1), heads (2) and queries (4) the operand is broadcast over; nil: no such operand.
  var bias: Int?
  var booleanMask: Int?
  var writesLogSumExp = false
  /// Where every sequence's documents begin.
  var documentStarts: [Int]?
  /// Keys of a block, of which every third is hidden from a query.
  var keysPerBlock: Int?
  /// Queries of each sequence, in turn; nil: as many each. They may lie one sequence after the other.
  var queryLengths: [Int]?
  var packsQueries = false

  static let types: [ElementType] = [.float32, .bfloat16, .float16, .q8_0]

  var storedType: ElementType { ElementType(rawValue: type)! }

  /// Lengths are both the problem's and the ranges'.
  func problem() throws -> AttentionProblem {
    let block = storedType.blockElements
    var problem = AttentionProblem(
      batch: lengths.count, queryHeads: heads * groupSize, keyValueHeads: heads, queryLength: queries,
      keyLength: (lengths.max() ?? 0) + room, headDimension: width * block, valueDimension: valueWidth * block,
      order: rowsFirst ? .rowsFirst : .headsFirst)
    let alignment = AttentionMask.Alignment(rawValue: alignment)!
    problem.mask =
      switch mask {
      case .full: .full
      case .causal: .causal(alignment: alignment)
      case .window: .window(left: left, right: right, alignment: alignment)
      }
    if let scale { problem.scale = scale }
    problem.softcap = softcap
    if let dropProbability { problem.dropout = try Dropout(probability: dropProbability, seed: 1) }
    problem.keyLengths = lengths
    problem.documentStarts = documentStarts.map { starts in lengths.map { _ in starts } }
    problem.blockMask = try keysPerBlock.map { size in
      try AttentionBlockMask(for: problem, queriesPerBlock: 1, keysPerBlock: size) { ($0 + $1) % 3 != 0 }
    }
    problem.keyValueType = storedType
    if let offsets { problem.queryOffsets = lengths.indices.map { offsets[$0 % offsets.count] } }
    (problem.slopes, problem.hasSinks, problem.writesLogSumExp) = (slopes, hasSinks, writesLogSumExp)
    func layout(_ broadcast: Int) -> BatchedMatrixLayout {
      BatchedMatrixLayout(scoresOf: problem, broadcast: broadcast)
    }
    (problem.bias, problem.booleanMask) = (bias.map(layout), booleanMask.map(layout))
    let givenLengths = queryLengths.map { given in
      lengths.indices.map { min(queries, given[$0 % given.count]) }
    }
    if packsQueries {
      AttentionPacking.packedQueries.apply(
        to: &problem, queryLengths: givenLengths ?? lengths.map { _ in queries }, keyLengths: lengths,
        order: rowsFirst ? .rowsFirst : .headsFirst)
    }
    // Sequences are packed without lengths too.
    problem.queryLengths = givenLengths
    return problem
  }

  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try! encoder.encode(self), as: UTF8.self)
  }
}
