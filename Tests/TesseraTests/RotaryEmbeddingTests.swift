import Tessera
import Testing

/// What rotary embedding promises beyond agreement with the oracle.
@Suite struct RotaryEmbeddingTests {
  private static let sets = InstructionSet.allCases.filter(\.isAvailable)

  private func numbers(_ count: Int, seed: UInt64 = 1) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    values.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed) }
    return values
  }

  private func context(_ set: InstructionSet, threads: Int = 2) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set)
  }

  /// One head of one row.
  private func rotated(
    _ head: [Float], position: Int, _ table: RotaryTable, _ pairing: RotaryPairing, _ context: ExecutionContext
  ) throws -> [Float] {
    var output = [Float](repeating: .nan, count: head.count)
    try RotaryEmbeddingPlan(
      table, pairing: pairing, input: .init(planes: 1, rows: 1, columns: head.count), context: context
    ).run(head.span, output: output.mutableSpan, startingAt: [position])
    return output
  }

  @Test(arguments: sets, RotaryPairing.allCases)
  func turnsPairsByTheirPosition(set: InstructionSet, pairing: RotaryPairing) throws {
    let (columns, context) = (70, try context(set))
    let table = try RotaryTable(positions: 500, rotatedColumns: columns)
    let (query, key) = (numbers(columns), numbers(columns, seed: 2))
    #expect(try rotated(query, position: 0, table, pairing, context) == query)
    let turned = try rotated(query, position: 123, table, pairing, context)
    for pair in 0..<columns / 2 {
      let (a, b) = pairing == .interleaved ? (2 * pair, 2 * pair + 1) : (pair, pair + columns / 2)
      let before = query[a] * query[a] + query[b] * query[b]
      #expect(abs(turned[a] * turned[a] + turned[b] * turned[b] - before) < 1e-6)
    }
    // A score depends on the distance between query and key alone.
    func score(_ queryPosition: Int, _ keyPosition: Int) throws -> Float {
      try zip(
        rotated(query, position: queryPosition, table, pairing, context),
        rotated(key, position: keyPosition, table, pairing, context)
      ).reduce(0) { $0 + $1.0 * $1.1 }
    }
    #expect(abs(try score(17, 5) - score(412, 400)) < 1e-4)
    #expect(abs(try score(17, 5) - score(18, 5)) > 1e-3)
  }

  /// Attention's layout names two levels of planes, the output's default one; where they place elements alike, a plan
  /// works in place.
  @Test func attentionsLayoutIsRotatedInPlace() throws {
    let table = try RotaryTable(positions: 9, rotatedColumns: 12)
    let layout = BatchedMatrixLayout(batch: 2, heads: 3, rows: 5, columns: 12, order: .headsFirst)
    let plan = try RotaryEmbeddingPlan(table, pairing: .interleaved, input: layout, sequences: 2)
    var values = numbers(2 * 3 * 5 * 12)
    var apart = values
    try plan.run(values.span, output: apart.mutableSpan)
    try plan.run(inPlace: values.mutableSpan)
    #expect(values == apart)
    let tokenRows = BatchedMatrixLayout(batch: 2, heads: 3, rows: 5, columns: 12, order: .rowsFirst)
    let other = try RotaryEmbeddingPlan(table, pairing: .interleaved, input: tokenRows, sequences: 2)
    #expect(throws: TesseraError.self) { try other.run(inPlace: values.mutableSpan) }
  }

  /// The pairings differ in where a pair's columns lie, in no bit.
  @Test(arguments: sets) func pairingsHaveTheSameBits(set: InstructionSet) throws {
    for columns in [2, 14, 32, 70, 128] {
      let table = try RotaryTable(positions: 300, rotatedColumns: columns)
      let head = numbers(columns)
      let order = (0..<columns).map { $0 % 2 * (columns / 2) + $0 / 2 }
      let split = try rotated(head, position: 299, table, .halfSplit, context(set))
      let interleaved = try rotated(order.map { head[$0] }, position: 299, table, .interleaved, context(set))
      #expect(order.map { split[$0] } == interleaved)
    }
  }

  /// Token rows of 3 heads go straight into a cache with room for 9 rows a head, each sequence where it stands.
  @Test(arguments: sets, RotaryPairing.allCases)
  func writesIntoACache(set: InstructionSet, pairing: RotaryPairing) throws {
    let (heads, rows, columns, room) = (3, 2, 20, 9)
    let starts = [4, 0]
    let tokens = numbers(2 * rows * heads * columns)
    let input = BatchedMatrixLayout(
      planes: 2 * heads, innerPlanes: heads, rows: rows, columns: columns, outerStride: rows * heads * columns,
      innerStride: columns, rowStride: heads * columns)
    let table = try RotaryTable(positions: room, rotatedColumns: 12)
    var cache = [Float](repeating: 7, count: 2 * heads * room * columns)
    let output = BatchedMatrixLayout(planes: 2 * heads, rows: room, columns: columns)
    try RotaryEmbeddingPlan(table, pairing: pairing, input: input, cache: output, sequences: 2, context: context(set))
      .run(tokens.span, output: cache.mutableSpan, startingAt: starts)
    var expected = [Float](repeating: 0, count: tokens.count)
    try RotaryEmbeddingPlan(table, pairing: pairing, input: input, sequences: 2, context: context(set))
      .run(tokens.span, output: expected.mutableSpan, startingAt: starts)
    var touched = 0
    for plane in 0..<2 * heads {
      for row in 0..<rows {
        let place = (plane * room + starts[plane / heads] + row) * columns
        let source = (plane * rows + row) * columns
        #expect(cache[place..<place + columns].elementsEqual(expected[source..<source + columns]))
        touched += columns
      }
    }
    #expect(cache.count { $0 == 7 } == cache.count - touched)
  }

  /// In place what is not rotated is neither read nor written; NaN reaches its pair and no more.
  @Test(arguments: sets, RotaryPairing.allCases)
  func leavesTheRestAlone(set: InstructionSet, pairing: RotaryPairing) throws {
    let table = try RotaryTable(positions: 2, rotatedColumns: 6)
    let plan = try RotaryEmbeddingPlan(
      table, pairing: pairing, input: .init(planes: 1, rows: 2, columns: 9), context: context(set))
    var values = numbers(18)
    values[9] = .nan
    let before = values
    var apart = values
    try plan.run(values.span, output: apart.mutableSpan)
    try plan.run(inPlace: values.mutableSpan)
    #expect(zip(values, apart).allSatisfy { $0.bitPattern == $1.bitPattern })
    #expect(values[15...].elementsEqual(before[15...]))
    #expect(values.count { $0.isNaN } == 2)
  }

  @Test func aTableOfFrequenciesIsTheTable() throws {
    let table = try RotaryTable(positions: 40, rotatedColumns: 4, base: 100, frequencyScale: 0.5)
    let same = try RotaryTable(positions: 40, frequencies: [0.5, 0.05])
    let head = numbers(4)
    let context = try context(.best)
    #expect(
      try rotated(head, position: 39, table, .halfSplit, context)
        == rotated(head, position: 39, same, .halfSplit, context))
    #expect(table.byteCount == 40 * 4 * 4)
  }

  /// 6 planes of 40 rows of 20 columns, of which 12 are rotated: a head of 40 · 160 bytes, an item of all of them.
  @Test func bytesByHand() throws {
    func recorded(inPlace: Bool, tokenRows: Bool, capacity: Int) throws -> Ledger.Entry {
      let ledger = Ledger()
      let context = ExecutionContext(
        pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: capacity)
      var request = OperatorRequest(extents: [.planes: 6, .rows: 40, .columns: 20])
      (request.rotary.rotatedColumns, request.isInPlace) = (12, inPlace)
      if tokenRows {
        let layout = BatchedMatrixLayout(
          planes: 6, innerPlanes: 6, rows: 40, columns: 20, outerStride: 0, innerStride: 20, rowStride: 120)
        request.batchedLayouts = ["input": layout, "output": layout]
      }
      let entry = try OperatorCatalog.entry(named: "rotary-embedding")
      let storage = try OperandStorage(
        entry.descriptor(for: request), extents: request.extents, mode: .inference, inPlace: inPlace)
      try entry.prepare(request, context: context).run(storage.buffers)
      return try #require(ledger.entries["rotary-embedding"])
    }
    let table = 40 * 12 * 4
    for (inPlace, columns) in [(false, 20), (true, 12)] {
      let bytes = 6 * 40 * columns * 4
      for tokenRows in [false, true] {
        let entry = try recorded(inPlace: inPlace, tokenRows: tokenRows, capacity: 1 << 20)
        #expect(entry.traffic == Traffic(readBytes: bytes + table, writtenBytes: bytes, updates: 1))
        #expect(entry.leastBytes == 2 * bytes + table)
        #expect(entry.floatingPointOperations == 6 * 40 * 12 * 3)
        // Too little for the 40 rows of a head, and enough for the heads of a row; then for neither.
        let small = try recorded(inPlace: inPlace, tokenRows: tokenRows, capacity: 4096)
        #expect(small.traffic.readBytes == bytes + (tokenRows ? 1 : 6) * table)
        let tiny = try recorded(inPlace: inPlace, tokenRows: tokenRows, capacity: 64)
        #expect(tiny.traffic.readBytes == bytes + 6 * table)
      }
    }
  }
}
