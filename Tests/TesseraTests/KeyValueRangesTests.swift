import Tessera
import Testing

/// Attention over ranges that lie in any order with NaN between them is attention over keys that follow each other.
@Suite struct KeyValueRangesTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var set: InstructionSet
    var queries: Int
    var lengths: [Int]
    var width: Int
    var testDescription: String { "\(set.rawValue), \(queries) queries, \(lengths) keys, \(width) wide" }

    /// Few rows, which read keys where they lie, and many, which pack them.
    static let all = InstructionSet.available.flatMap { set in
      [(1, [600, 0], 64), (3, [129, 64], 80), (2, [1, 577], 16), (70, [600, 130], 64), (37, [65, 511], 80)].map {
        Case(set: set, queries: $0.0, lengths: $0.1, width: $0.2)
      }
    }
  }

  private static let masks: [AttentionMask] = [.full, .causal(), .window(left: 70, right: 0)]

  private func problem(_ test: Case, _ mask: AttentionMask) -> AttentionProblem {
    var problem = AttentionProblem(
      batch: 2, queryHeads: 4, keyValueHeads: 2, queryLength: test.queries, keyLength: 640,
      headDimension: test.width, valueDimension: test.width)
    (problem.mask, problem.keyLengths) = (mask, test.lengths)
    return problem
  }

  /// The call's keys and values in runs of so many granules, the last first, with NaN between them: 3 rows after a run
  /// of keys; 5 rows before a run of values and 7 elements after each of its rows, so that the two lie differently.
  private func scatter(
    _ call: AttentionCall, _ test: Case, granules: Int
  ) -> (keys: [Float], values: [Float], ranges: KeyValueRanges) {
    let (width, room) = (test.width, call.problem.keyLength)
    let valueRow = 2 * width + 7
    var ranges = KeyValueRanges(
      type: .float32, keyStrides: .init(row: 2 * width, head: width), valueStrides: .init(row: valueRow, head: width))
    var (keys, values): ([Float], [Float]) = ([], [])
    func gap(_ count: Int) -> [Float] { [Float](repeating: .nan, count: count) }
    for (sequence, length) in test.lengths.enumerated() {
      var found: [KeyValueRanges.Range] = []
      for first in stride(from: 0, to: length, by: granules * 64).reversed() {
        let count = min(granules * 64, length - first)
        values += gap(5 * valueRow)
        found.insert(.init(count: count, keyOffset: keys.count, valueOffset: values.count), at: 0)
        for key in first..<first + count {
          for head in 0..<2 {
            let start = ((sequence * 2 + head) * room + key) * width
            keys += call.keys[start..<start + width]
            values += call.values[start..<start + width]
          }
          values += gap(7)
        }
        keys += gap(6 * width)
      }
      ranges.append(found)
    }
    return (keys, values, ranges)
  }

  /// A tile ends where its range does: queries and sums that do not stay come round for each.
  @Test func rangesMakeTiles() throws {
    var problem = AttentionProblem(batch: 1, queryHeads: 1, queryLength: 70, keyLength: 640, headDimension: 64)
    problem.keyLengths = [640]
    let call = try AttentionCall(problem)
    func moved(keysPerRange: Int) throws -> Traffic {
      var ranges = KeyValueRanges(
        type: .float32, keyStrides: .init(row: 64, head: 64), valueStrides: .init(row: 64, head: 64))
      ranges.append(
        stride(from: 0, to: 640, by: keysPerRange).map { first in
          KeyValueRanges.Range(count: keysPerRange, keyOffset: first * 64, valueOffset: first * 64)
        })
      let ledger = Ledger()
      let context = ExecutionContext(pool: try WorkerPool(threadCount: 1), ledger: ledger, fastMemoryBytes: 4 << 10)
      var output = [Float](repeating: .nan, count: call.queries.count)
      try AttentionPlan(for: problem, context: context).run(
        queries: call.queries.span, keys: call.keys.span.bytes, values: call.values.span.bytes, at: ranges,
        output: output.mutableSpan)
      return try #require(ledger.entries["attention"]).traffic
    }
    let rows = 70 * 64 * MemoryLayout<Float>.stride
    let (whole, parts) = (try moved(keysPerRange: 640), try moved(keysPerRange: 64))
    // Ten tiles of 64 keys instead of 512 and 128.
    #expect(parts.readBytes - whole.readBytes == (10 - 2) * 2 * rows)
    #expect(parts.writtenBytes - whole.writtenBytes == (10 - 2) * rows)
  }

  @Test(arguments: Case.all) func whereKeysLieChangesNothing(test: Case) throws {
    for (mask, granules) in [(0, 1), (1, 1), (2, 1), (0, 2), (1, 2), (1, 16)] {
      let call = try AttentionCall(problem(test, Self.masks[mask]))
      let stored = scatter(call, test, granules: granules)
      var first: [UInt32]?
      for threads in [1, 2, 3, 8] {
        let context = ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: test.set)
        var output = [Float](repeating: .nan, count: call.queries.count)
        try AttentionPlan(for: call.problem, context: context).run(
          queries: call.queries.span, keys: stored.keys.span.bytes, values: stored.values.span.bytes,
          at: stored.ranges, output: output.mutableSpan)
        if first == nil {
          let expected = try call.run(context).output
          expectNear(output, expected, "\(Self.masks[mask]), \(granules) granules")
          // One range a sequence is cut as neighbouring keys are.
          #expect(granules < 16 || output.map(\.bitPattern) == expected.map(\.bitPattern))
        }
        #expect(first == nil || first == output.map(\.bitPattern), "\(threads) threads")
        first = output.map(\.bitPattern)
      }
    }
  }

  @Test func rangesThatDoNotFit() throws {
    let bad = BadInputTests()
    var problem = AttentionProblem(
      batch: 1, queryHeads: 1, queryLength: 1, keyLength: 128, headDimension: 4)
    let memory = [Float](repeating: 0, count: 130 * 4)
    let queries: [Float] = [1, 1, 1, 1]
    var output: [Float] = [7, 7, 7, 7]
    func run(_ operand: String, type: ElementType = .float32, _ ranges: [(Int, Int, Int)], sequences: Int = 1) {
      var stored = KeyValueRanges(
        type: type, keyStrides: .init(row: 4, head: 0), valueStrides: .init(row: 4, head: 0))
      for _ in 0..<sequences {
        stored.append(ranges.map { .init(count: $0.0, keyOffset: $0.1, valueOffset: $0.2) })
      }
      bad.expectError("attention", operand) {
        try AttentionPlan(for: problem, context: bad.context).run(
          queries: queries.span, keys: memory.span.bytes, values: memory.span.bytes, at: stored,
          output: output.mutableSpan)
      }
    }
    run("keys", type: .bfloat16, [(64, 0, 0)])
    run("ranges", [(64, 0, 0)], sequences: 2)
    run("keys", [(64, 67 * 4, 0)])
    run("keys", [(64, -4, 0)])
    run("values", [(64, 0, 67 * 4)])
    run("range of sequence 0", [(63, 0, 0), (1, 0, 0)])
    run("range of sequence 0", [(128, 0, 0), (1, 0, 0)])
    run("range of sequence 0", [(-1, 0, 0)])
    problem.writesLogSumExp = true
    run("keeping", [(64, 0, 0)])
    #expect(output == [7, 7, 7, 7])
  }
}
