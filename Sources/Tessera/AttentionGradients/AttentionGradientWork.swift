import CTesseraKernels

/// One item of a call of the backward pass: its tiles of keys one after the other, and past each all queries that see
/// something of it.
struct AttentionGradientWork {
  private let setup: UnsafePointer<AttentionGradientSetup>
  let operands: UnsafePointer<AttentionGradientOperands>
  let memory: AttentionGradientWorkspace.Memory
  private let index: Int
  let sequence: Int
  let keyValueHead: Int
  /// Queries of the sequence, and where the first of them lies.
  let queryLength: Int
  let queryPlace: SequencePlace
  /// Whether the item has a part of its own of the queries' gradients, or writes and adds to them where they are to be.
  let leavesParts: Bool
  /// Whether an item of the head's earlier keys has begun the queries' gradients.
  let followsItem: Bool
  /// The item's keys, room past the sequence's length included.
  private let keys: Range<Int>
  private let keyLength: Int
  private let positions: VisiblePositions
  let blocks: AttentionBlocks?
  /// Whether queries, and what belongs to them, stay in fast memory from one tile of keys to the next.
  let queriesStay: Bool
  /// The plan's, held once an item: a row that held them would wait for other threads' rows.
  let stages: [ScoreStage]
  let modifier: AttentionScoreModifier?
  let scoreOperands: [AttentionScoreOperand]
  /// output-gradient · output of each query of the item.
  let products: UnsafeMutablePointer<Float>
  /// Where the softmax's gradients are kept for those of bias and slopes, nil where neither are wanted.
  let softmaxGradients: UnsafeMutablePointer<Float>?
  /// Sums for the gradients of the slopes of the group's heads; nil where they are not wanted.
  let slopeSums: UnsafeMutablePointer<Double>?
  /// Whether a query head's plane is the first that adds to its elements of the bias's gradient.
  let biasBegins: [Bool]
  var traffic = Traffic()

  /// The present tile of keys that there is room for.
  private(set) var room = 0..<0
  /// Those of them that the sequence has; loaded once some query sees one of them.
  var tile = 0..<0
  private var isLoaded = false
  /// Keys of the next tile, which the last queries of the present one ask for; else none.
  private(set) var tileAhead = 0..<0
  /// Whether all keys of the tile are finite, once somebody has asked.
  var keysAreFinite: Bool?

  /// Where query 0 stands among the keys.
  var queryStart: Int { positions.queryStart }

  /// What the call's plan has settled.
  var plan: AttentionGradientSetup {
    @inline(__always)
    _read { yield setup.pointee }
  }

  init(
    _ index: Int, _ setup: UnsafePointer<AttentionGradientSetup>,
    _ operands: UnsafePointer<AttentionGradientOperands>, _ memory: AttentionGradientWorkspace.Memory
  ) {
    (self.index, self.setup, self.operands, self.memory) = (index, setup, operands, memory)
    (stages, modifier) = (setup.pointee.stages, setup.pointee.modifier)
    scoreOperands = setup.pointee.scoreOperands
    slopeSums = operands.pointee.slopesGradient == nil ? nil : setup.pointee.parts.slopeSums(ofItem: index)
    let wantsBias = operands.pointee.biasGradient != nil
    softmaxGradients = wantsBias || slopeSums != nil ? memory.softmaxGradients : nil
    biasBegins = wantsBias ? setup.pointee.partition.biasOrder!.begins : []
    let (problem, partition) = (setup.pointee.problem, setup.pointee.partition)
    let range: Int
    (sequence, keyValueHead, range) = partition.find(item: index)
    queryLength = problem.queryLength(ofSequence: sequence)
    queryPlace = SequencePlace(queriesOf: sequence, in: problem)
    leavesParts = partition.leavesParts(ofSequence: sequence)
    followsItem = range > 0 && !leavesParts
    products = setup.pointee.parts.products(
      ofSlot: partition.productSlot(ofSequence: sequence, keyValueHead: keyValueHead, range: range))
    let room = problem.keyRoom(ofSequence: sequence)
    let first = min(room, range * partition.keysPerRange)
    keys = first..<min(room, first + partition.keysPerRange)
    keyLength = operands.pointee.forward.source.length(ofSequence: sequence)
    positions = VisiblePositions(problem, sequence: sequence, keyLength: keyLength)
    blocks = setup.pointee.blockTable?.blocks
    let widths = problem.headDimension + problem.valueDimension
    let held = 2 * problem.groupSize * queryLength * widths + 2 * partition.keysPerTile * widths
    queriesStay = held * MemoryLayout<Float>.stride <= setup.pointee.capacity
  }

  /// Computes the item, and returns what it moved.
  mutating func run() -> Traffic {
    beginQueries()
    let groupSize = plan.problem.groupSize
    var start = keys.lowerBound
    while start < keys.upperBound {
      room = start..<min(start + plan.partition.keysPerTile, keys.upperBound)
      tile = room.clamped(to: 0..<keyLength)
      (isLoaded, keysAreFinite) = (false, nil)
      let next = room.upperBound..<max(room.upperBound, min(room.upperBound + room.count, keyLength, keys.upperBound))
      for member in 0..<groupSize {
        beginBias(ofMember: member)
        for first in stride(from: 0, to: queryLength, by: AttentionGradientPartition.queriesPerTile) {
          let count = min(AttentionGradientPartition.queriesPerTile, queryLength - first)
          tileAhead = member == groupSize - 1 && first + count == queryLength ? next : 0..<0
          sweep(QueryTile(member: member, queries: first..<first + count, of: self))
        }
      }
      storeKeys(room, isLoaded: isLoaded)
      start = room.upperBound
    }
    return traffic
  }

  /// Queries of one head.
  struct QueryTile {
    /// Which head of the group.
    let member: Int
    let queries: Range<Int>
    /// The query head, and its plane b · Hq + h.
    let head: Int
    let plane: Int

    init(member: Int, queries: Range<Int>, of work: AttentionGradientWork) {
      (self.member, self.queries) = (member, queries)
      head = work.keyValueHead * work.plan.problem.groupSize + member
      plane = work.sequence * work.plan.problem.queryHeads + head
    }
  }

  /// Everything of a tile of queries with the present tile of keys.
  private mutating func sweep(_ queries: QueryTile) {
    let seen = findVisible(queries)
    guard !seen.isEmpty else { return clearBias(queries) }
    if !isLoaded { loadKeys() }
    isLoaded = true
    // Scores begin with a panel; what a weight may hide, with the first key that a query sees.
    let columns = tile.lowerBound + KeyValueRanges.granuleStart(of: seen.lowerBound - tile.lowerBound)..<seen.upperBound
    beginSoftmaxGradients(queries)
    let queriesPerGroup = plan.partition.queriesPerGroup
    for first in stride(from: 0, to: queries.queries.count, by: queriesPerGroup) {
      let count = min(queriesPerGroup, queries.queries.count - first)
      makeScoreGradients(first..<first + count, of: queries, over: columns)
    }
    endSoftmaxGradients(queries)
    addToKeys(from: queries, over: columns, seen: seen)
    count(queries, seeing: seen)
  }

  /// What each query sees of the present tile; returns what all of them see. One whose log-sum-exp is −inf sees
  /// nothing.
  private func findVisible(_ queries: QueryTile) -> Range<Int> {
    func bounds(_ query: Int) -> (first: Int, end: Int) { positions.bounds(ofQuery: query, within: tile) }
    func range(_ query: Int) -> Range<Int> {
      let (first, end) = bounds(query)
      guard first < end else { return 0..<0 }
      return blocks(ofQuery: query, of: queries)?.hull(of: first..<end) ?? first..<end
    }
    // Neither end moves back from one query to the next.
    let outermost = (bounds(queries.queries.lowerBound).first, bounds(queries.queries.upperBound - 1).end)
    guard outermost.0 < outermost.1, blocksShow(outermost.0..<outermost.1, to: queries) else { return 0..<0 }
    let logSumExps = logSumExps(of: queries)
    var (first, end) = (Int.max, 0)
    for row in 0..<queries.queries.count {
      let query = queries.queries.lowerBound + row
      let visible = logSumExps[query] == -.infinity ? 0..<0 : range(query)
      memory.firsts[row] = Int32(visible.lowerBound)
      memory.ends[row] = Int32(visible.upperBound)
      guard !visible.isEmpty else { continue }
      (first, end) = (min(first, visible.lowerBound), max(end, visible.upperBound))
    }
    return first < end ? first..<end : 0..<0
  }

  /// Those of the head's queries.
  @inline(__always)
  func logSumExps(of tile: QueryTile) -> UnsafePointer<Float> {
    operands.pointee.logSumExp! + plan.problem.firstLogSumExp(of: queryPlace, head: tile.head)
  }

  /// Where a query's gradient is added up, and the distance to the next query's: the output, or a part of it.
  @inline(__always)
  func queriesGradient(_ tile: QueryTile, query: Int) -> (first: UnsafeMutablePointer<Float>, stride: Int) {
    if leavesParts {
      let width = plan.problem.headDimension
      let place = (tile.member * queryLength + query) * width
      return (plan.parts.sums(ofItem: index) + place, width)
    }
    let layout = plan.problem.gradients.queries
    let start = layout.start(of: queryPlace, head: tile.head, row: query)
    return (operands.pointee.queriesGradient! + start, layout.rowStride)
  }
}
