/// What items leave for later: the products output-gradient · output of their queries, those of a slot each item's own
/// or shared by ranges that wait for each other; where keys are split, and ranges do not wait, each item's part of the
/// queries' gradients, heads of the group × Lq × D; and with slopes a sum for each head.
struct AttentionGradientParts {
  private let buffer: AlignedBuffer<Float>
  private let products: Int
  private let sums: Int
  private let slopeBuffer: AlignedBuffer<Double>
  private let slopeSums: Int
  /// Where the products of each slot, and after all of them the sums, begin, of sequences with query lengths.
  private let starts: (products: [Int], sums: [Int])?
  /// Bytes that calls use: of memory that served another problem before there may be more.
  let usedByteCount: Int

  /// `earlier`: those that are not needed any more.
  init(
    _ problem: AttentionProblem, _ partition: AttentionGradientPartition, reusing earlier: AttentionGradientParts?
  ) throws(TesseraError) {
    // Of an empty batch the checks bound nothing else.
    let rows = problem.batch == 0 || problem.queryHeads == 0 ? 0 : problem.groupSize * problem.queryLength
    // Slots begin on cache lines, so that workers do not share one.
    products = wholeLines(rows)
    sums = partition.keyRanges > 1 && !partition.rangesWait ? wholeLines(rows * problem.headDimension) : 0
    slopeSums = problem.slopes == nil ? 0 : wholeLines(problem.groupSize)
    let slopeCount = partition.itemCount * slopeSums
    slopeBuffer = try .uninitialized(count: slopeCount, reusing: earlier?.slopeBuffer)
    func bytes(_ count: Int) -> Int {
      count * MemoryLayout<Float>.stride + slopeCount * MemoryLayout<Double>.stride
    }
    guard problem.queryLengths != nil else {
      starts = nil
      // Where there are sums slots are items.
      let count = partition.productSlotCount * (products + sums)
      buffer = try .uninitialized(count: count, reusing: earlier?.buffer)
      usedByteCount = bytes(count)
      return
    }
    var (productStarts, sumStarts, productEnd, sumEnd) = ([Int](), [Int](), 0, 0)
    for slot in 0..<partition.productSlotCount {
      let sequence = partition.sequence(ofProductSlot: slot)
      let rows = problem.groupSize * problem.queryLength(ofSequence: sequence)
      productStarts.append(productEnd)
      sumStarts.append(sumEnd)
      productEnd += wholeLines(rows)
      sumEnd += partition.leavesParts(ofSequence: sequence) ? wholeLines(rows * problem.headDimension) : 0
    }
    starts = (productStarts, sumStarts.map { [productEnd] in productEnd + $0 })
    buffer = try .uninitialized(count: productEnd + sumEnd, reusing: earlier?.buffer)
    usedByteCount = bytes(productEnd + sumEnd)
  }

  var byteCount: Int {
    buffer.count * MemoryLayout<Float>.stride + slopeBuffer.count * MemoryLayout<Double>.stride
  }

  func products(ofSlot slot: Int) -> UnsafeMutablePointer<Float> {
    buffer.pointer + (starts?.products[slot] ?? slot * (products + sums))
  }
  /// Where keys are split and ranges do not wait.
  func sums(ofItem index: Int) -> UnsafeMutablePointer<Float> {
    starts.map { buffer.pointer + $0.sums[index] } ?? products(ofSlot: index) + products
  }
  /// Σ S · distance of each head of the group.
  func slopeSums(ofItem index: Int) -> UnsafeMutablePointer<Double> { slopeBuffer.pointer + index * slopeSums }
}

extension AttentionGradientSetup {
  /// Blocks of queries of one head whose parts are added together.
  var mergeItemCount: Int { problem.batch * problem.queryHeads * mergeBlocks }
  private var mergeBlocks: Int { (problem.queryLength + Self.mergedQueries - 1) / Self.mergedQueries }
  /// With 64 columns 24 KiB of each part: enough for an item, and so few that threads can share a head.
  private static var mergedQueries: Int { 96 }

  /// Whether parts are presumed to stay in fast memory until they are added.
  var partsStay: Bool { parts.usedByteCount <= capacity }

  /// queries-gradient = Σ parts, in the order of the keys, of one block of queries; returns what that moved. Nothing
  /// where the sequence's keys are in one range.
  func merge(item: Int, _ operands: UnsafePointer<AttentionGradientOperands>) -> Traffic {
    let (plane, block) = item.quotientAndRemainder(dividingBy: mergeBlocks)
    let (sequence, head) = plane.quotientAndRemainder(dividingBy: problem.queryHeads)
    let (keyValueHead, member) = head.quotientAndRemainder(dividingBy: problem.groupSize)
    let length = problem.queryLength(ofSequence: sequence)
    let first = block * Self.mergedQueries
    guard partition.leavesParts(ofSequence: sequence), first < length else { return Traffic() }
    let ranges = partition.keyRanges(ofSequence: sequence)
    let firstItem = partition.firstItem(ofSequence: sequence, keyValueHead: keyValueHead)
    let (layout, width) = (problem.gradients.queries, problem.headDimension)
    let start = layout.start(of: SequencePlace(queriesOf: sequence, in: problem), head: head)
    let end = min(length, first + Self.mergedQueries)
    for query in first..<end {
      let target = operands.pointee.queriesGradient! + start + query * layout.rowStride
      let place = (member * length + query) * width
      kernels.scale(width, 1, parts.sums(ofItem: firstItem) + place, target)
      for range in 1..<ranges {
        kernels.add(1, parts.sums(ofItem: firstItem + range) + place, to: target, count: width)
      }
    }
    let bytes = (end - first) * width * MemoryLayout<Float>.stride
    return Traffic(readBytes: partsStay ? 0 : bytes * ranges, writtenBytes: bytes)
  }
}
