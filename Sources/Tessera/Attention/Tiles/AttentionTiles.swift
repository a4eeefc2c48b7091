import CTesseraKernels

/// Tiles of the keys and values of one item, loaded one after the other, and the products of a group of rows with the
/// present one: what differs between `AttentionPackedTiles` and `AttentionDirectTiles`. The partition chooses.
protocol AttentionTiles: SendableMetatype {
  /// Keys of a tile, a multiple of the granule.
  static func keysPerTile(of problem: AttentionProblem) -> Int
  /// When keys are split into ranges.
  static var split: AttentionPartition.Split { get }

  /// Floats that tiles of so many keys take of a worker's memory.
  static func memoryCount(for problem: AttentionProblem, keys: Int) -> Int

  /// Tiles' worth of bytes that an item holds beside its queries and sums.
  static var tilesHeld: Int { get }
  /// Whether all values of a tile are read: else those before the first that some row sees are not.
  var readsWholeTiles: Bool { get }

  /// Whether queries are copied even where they lie without gaps, to begin on a cache line.
  static var copiesQueries: Bool { get }
  /// Whether a product with values may have factors, and go elsewhere than to the sums.
  static var finishesRows: Bool { get }

  /// `memory` begins on a cache line and has what `memoryCount` says.
  init(
    _ item: AttentionItem, _ source: KeyValueSource, _ products: AttentionProducts,
    _ memory: UnsafeMutablePointer<Float>)

  /// The present keys and values as floats.
  var present: KeyValueTile { get set }

  /// Begins work on these keys, of which those before `first` are seen by no row of the item; up to the end of their
  /// range in memory.
  mutating func load(_ keys: Range<Int>, from first: Int, of source: KeyValueSource)

  /// scores[r] = queries[r] · keys of `part`, which begins where `present` aligns it. Queries lie without gaps.
  /// Products with packed keys ask for the rows that are needed soon; others do not.
  func multiplyKeys(
    _ part: Range<Int>, by queries: UnsafePointer<Float>, rows: Int, into scores: UnsafeMutablePointer<Float>,
    asking ahead: RowsAhead?)

  /// output[r] = factors[r] · (addend[r] + weights[r] · values of `part`), weights as far apart as scores.
  func multiplyValues(_ part: Range<Int>, by weights: UnsafePointer<Float>, rows: Int, into sums: WeightedSums)

  /// One item of a call of attention.
  static func attend(
    _ index: Int, _ setup: UnsafePointer<AttentionSetup>, _ operands: UnsafePointer<AttentionOperands>,
    _ memory: AttentionWorkspace.Memory
  ) -> Traffic
}

extension AttentionTiles {
  // For each of the types its own code: no witness is called within an item.
  static func attend(
    _ index: Int, _ setup: UnsafePointer<AttentionSetup>, _ operands: UnsafePointer<AttentionOperands>,
    _ memory: AttentionWorkspace.Memory
  ) -> Traffic {
    var work = AttentionWork<Self>(index, setup, operands, memory)
    return work.attend()
  }
}

/// Where a product with values goes, and what it begins with.
struct WeightedSums {
  /// Rows without gaps; nil: 0. It may be the output.
  var addend: UnsafePointer<Float>?
  /// nil: 1.
  var factors: UnsafePointer<Float>?
  var output: UnsafeMutablePointer<Float>
  var outputStride: Int
  var streams: Bool
}

/// What the products of all items share: extents and kernels.
struct AttentionProducts {
  let headDimension: Int
  let valueDimension: Int
  let keysPerTile: Int
  /// Floats between the scores of neighbouring rows.
  let scoresStride: Int
  let keyValueType: ElementType
  let kernels: AttentionKernels
  let contraction: ContractionKernels
  /// For keys and values that are not stored as floats.
  let dequantize: tsr_f32_dequantize_kernel

  init(_ problem: AttentionProblem, _ partition: AttentionPartition, _ instructionSet: InstructionSet) {
    headDimension = problem.headDimension
    valueDimension = problem.valueDimension
    keysPerTile = partition.keysHeld
    // A line more than its columns, so that the rows of a group do not fall into the same sets of the first-level
    // cache.
    scoresStride = partition.keysHeld + 16
    keyValueType = problem.keyValueType
    kernels = AttentionKernels.variants.best(for: instructionSet)
    contraction = ContractionKernels.variants.best(for: instructionSet)
    dequantize = StoredKernels.variants.best(for: instructionSet).dequantize
  }
}
