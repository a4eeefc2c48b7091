/// What items leave for later: for each item the products output-gradient · output of its queries, where keys are
/// split its part of the queries' gradients, heads of the group × Lq × D, and with slopes a sum for each head.
struct AttentionGradientParts {
  private let buffer: AlignedBuffer<Float>
  private let products: Int
  private let sums: Int
  private let slopeBuffer: AlignedBuffer<Double>
  private let slopeSums: Int

  init(_ problem: AttentionProblem, _ partition: AttentionGradientPartition) throws(TesseraError) {
    // Of an empty batch the checks bound nothing else.
    let rows = problem.batch == 0 || problem.queryHeads == 0 ? 0 : problem.groupSize * problem.queryLength
    // Slots begin on cache lines, so that workers do not share one.
    products = wholeLines(rows)
    sums = partition.keyRanges > 1 ? wholeLines(rows * problem.headDimension) : 0
    let slots = problem.batch * problem.keyValueHeads * partition.keyRanges
    buffer = try AlignedBuffer(uninitializedCount: slots * (products + sums))
    slopeSums = problem.slopes == nil ? 0 : wholeLines(problem.groupSize)
    slopeBuffer = try AlignedBuffer(uninitializedCount: slots * slopeSums)
  }

  var byteCount: Int {
    buffer.count * MemoryLayout<Float>.stride + slopeBuffer.count * MemoryLayout<Double>.stride
  }

  func products(ofItem index: Int) -> UnsafeMutablePointer<Float> { buffer.pointer + index * (products + sums) }
  func sums(ofItem index: Int) -> UnsafeMutablePointer<Float> { products(ofItem: index) + products }
  /// Σ S · distance of each head of the group.
  func slopeSums(ofItem index: Int) -> UnsafeMutablePointer<Double> { slopeBuffer.pointer + index * slopeSums }
}

extension AttentionGradientSetup {
  /// Blocks of queries of one head whose parts are added together.
  var mergeItemCount: Int { problem.batch * problem.queryHeads * mergeBlocks }
  private var mergeBlocks: Int { (problem.queryLength + Self.mergedQueries - 1) / Self.mergedQueries }
  private static var mergedQueries: Int { 96 }

  /// Whether parts are presumed to stay in fast memory until they are added.
  var partsStay: Bool { parts.byteCount <= capacity }

  /// queries-gradient = Σ parts, in the order of the keys, of one block of queries; returns what that moved.
  func merge(item: Int, _ operands: UnsafePointer<AttentionGradientOperands>) -> Traffic {
    let (plane, block) = item.quotientAndRemainder(dividingBy: mergeBlocks)
    let (sequence, head) = plane.quotientAndRemainder(dividingBy: problem.queryHeads)
    let (keyValueHead, member) = head.quotientAndRemainder(dividingBy: problem.groupSize)
    let firstItem = (sequence * problem.keyValueHeads + keyValueHead) * partition.keyRanges
    let (layout, width) = (problem.gradients.queries, problem.headDimension)
    let first = block * Self.mergedQueries
    let end = min(problem.queryLength, first + Self.mergedQueries)
    for query in first..<end {
      let target = operands.pointee.queriesGradient! + layout.start(ofPlane: plane) + query * layout.rowStride
      let place = (member * problem.queryLength + query) * width
      kernels.scale(width, 1, parts.sums(ofItem: firstItem) + place, target)
      for range in 1..<partition.keyRanges {
        kernels.add(1, parts.sums(ofItem: firstItem + range) + place, to: target, count: width)
      }
    }
    let bytes = (end - first) * width * MemoryLayout<Float>.stride
    return Traffic(readBytes: partsStay ? 0 : bytes * partition.keyRanges, writtenBytes: bytes)
  }
}
