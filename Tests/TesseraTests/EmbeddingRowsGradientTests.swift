import Tessera
import Testing

/// What the gradient of an embedding table promises beyond agreement with the oracle.
@Suite struct EmbeddingRowsGradientTests {
  private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var numbers = [Float](repeating: 0, count: count)
    numbers.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed) }
    return numbers
  }

  /// The same bits from every variant and thread count, with numbers that are common, rare and absent.
  @Test func bitsDoNotDependOnThreadsOrVariant() throws {
    let (rows, columns, vocabulary) = (2500, 150, 400)
    // Half of the rows have number 3; of the others each number up to 299 has a few.
    let ids: [Int32] = (0..<rows).map { row in Int32(row.isMultiple(of: 2) ? 3 : row * 7 % 300) }
    let (gradient, earlier) = (
      Self.numbers(rows * columns, seed: 1), Self.numbers(vocabulary * columns, seed: 2)
    )
    for accumulates in [false, true] {
      var first: [Float]?
      for set in InstructionSet.available {
        for threadCount in [1, 2, 3, 8] {
          let context = ExecutionContext(pool: try WorkerPool(threadCount: threadCount), instructionSet: set)
          var table = accumulates ? earlier : [Float](repeating: .nan, count: earlier.count)
          try embeddingRowsGradient(
            ids: ids.span, gradient.span, MatrixLayout(rows: rows, columns: columns), tableGradient: table.mutableSpan,
            vocabulary: vocabulary, accumulates: accumulates, context: context)
          let isSame = first == nil || first == table
          #expect(isSame, "\(set), \(threadCount) threads")
          first = first ?? table
        }
      }
      let table = try #require(first)
      for number in 300..<vocabulary {
        let row = number * columns..<(number + 1) * columns
        #expect(table[row].elementsEqual(accumulates ? earlier[row] : [Float](repeating: 0, count: columns)[...]))
      }
    }
  }

  /// A sum of very many rows does not lose what single precision would.
  @Test(arguments: InstructionSet.available) func manyRowsOfOneNumber(set: InstructionSet) throws {
    let rows = 300_000
    let ids = [Int32](repeating: 1, count: rows)
    let gradient = [Float](repeating: 0.1, count: rows)
    var table: [Float] = [7, 7, 7]
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    try embeddingRowsGradient(
      ids: ids.span, gradient.span, MatrixLayout(rows: rows, columns: 1), tableGradient: table.mutableSpan,
      vocabulary: 3, context: context)
    #expect(table[0] == 0 && table[2] == 0)
    let exact = Double(Float(0.1)) * Double(rows)
    #expect(abs(Double(table[1]) - exact) < 1e-5 * exact)
  }

  /// 100 rows of 64 columns, of numbers 0 to 9, into 1,000: added they move the rows that are named, else all are
  /// written.
  @Test func bytesByHand() throws {
    let (ids, gradient) = ((0..<100).map { Int32($0 % 10) }, Self.numbers(6400, seed: 1))
    for (accumulates, reads, writes) in [(false, 100, 1000), (true, 200, 100)] {
      let ledger = Ledger()
      let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 1 << 20)
      var table = [Float](repeating: 0, count: 64_000)
      try embeddingRowsGradient(
        ids: ids.span, gradient.span, MatrixLayout(rows: 100, columns: 64), tableGradient: table.mutableSpan,
        vocabulary: 1000, accumulates: accumulates, context: context)
      let recorded = try #require(ledger.entries["embedding-rows-gradient"])
      #expect(recorded.traffic.readBytes == reads * 256 + 400)
      #expect(recorded.traffic.writtenBytes == writes * 256)
      #expect(recorded.leastBytes == (reads + writes) * 256 + 400)
      #expect(recorded.floatingPointOperations == 6400)
    }
  }

  /// A plan may run again with other numbers.
  @Test(arguments: InstructionSet.available) func aPlanRunsAgain(set: InstructionSet) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    let plan = try EmbeddingRowsGradientPlan(
      outputGradient: MatrixLayout(rows: 3, columns: 2), tableGradient: MatrixLayout(rows: 4, columns: 2, rowStride: 3),
      context: context)
    let gradient: [Float] = [1, 2, 10, 20, 100, 200]
    var table = [Float](repeating: 7, count: 11)
    for (ids, expected) in [
      ([2, 0, 2], [10, 20, 7, 0, 0, 7, 101, 202, 7, 0, 0]), ([3, 3, 3], [0, 0, 7, 0, 0, 7, 0, 0, 7, 111, 222]),
    ] as [([Int32], [Float])] {
      try plan.run(ids: ids.span, outputGradient: gradient.span, tableGradient: table.mutableSpan)
      #expect(table == expected)
    }
  }
}
