import Tessera
import Testing

private typealias Packed = PackedSequences

/// Sequences that are packed are sequences one by one: bits where both are cut alike.
@Suite struct PackedAttentionTests {
  private func context(_ set: InstructionSet, threads: Int = 2) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set)
  }

  @Test(arguments: InstructionSet.available) func packedEqualsOneByOne(set: InstructionSet) throws {
    let context = try context(set)
    // Many rows, and few.
    for lengths in [Packed.lengths, [1, 2, 1, 4]] {
      let keys = lengths.count == 4 ? [40, 3, 250, 64] : lengths
      for option in try Packed.options() {
        let call = try AttentionCall(Packed.problem(lengths, keys: keys, option))
        let together = try call.run(context)
        #expect(together.output.allSatisfy { $0.isFinite })
        for sequence in lengths.indices {
          let single = try Packed.alone(sequence, of: call).run(context)
          let isSame = Packed.part(sequence, of: together, call.problem) == single
          #expect(isSame, "sequence \(sequence)")
        }
      }
    }
  }

  /// A prompt beside sequences that decode, of which some have long caches: cut otherwise, the same but for rounding.
  @Test(arguments: InstructionSet.available) func promptsBesideDecoding(set: InstructionSet) throws {
    let context = try context(set)
    let (queries, keys) = ([1, 300, 2, 1, 0], [900, 300, 40, 2000, 7])
    for option in try Packed.options() {
      let call = try AttentionCall(Packed.problem(queries, keys: keys, option))
      let together = try call.run(context)
      for sequence in queries.indices {
        let actual = Packed.part(sequence, of: together, call.problem)
        let expected = try Packed.alone(sequence, of: call).run(context)
        expectNear(actual.output, expected.output)
        expectNear(actual.logSumExp, expected.logSumExp)
      }
    }
  }

  /// In planes with room: the same bits, and past the lengths zeros, whatever lies there.
  @Test(arguments: InstructionSet.available) func paddedEqualsPacked(set: InstructionSet) throws {
    let context = try context(set)
    let room = Packed.lengths.max()! + 3
    for option in try Packed.options() {
      let call = try AttentionCall(Packed.problem(Packed.lengths, option))
      var problem = AttentionProblem(
        batch: Packed.lengths.count, queryHeads: Packed.heads, keyValueHeads: Packed.keyValueHeads,
        queryLength: room, headDimension: Packed.width, valueDimension: Packed.valueWidth, order: .rowsFirst)
      (problem.queryLengths, problem.keyLengths, problem.writesLogSumExp) = (Packed.lengths, Packed.lengths, true)
      option(&problem)
      var padded = try AttentionCall(problem)
      func pad(_ values: [Float], _ columns: Int) -> [Float] {
        var start = 0
        return Packed.lengths.flatMap { length in
          defer { start += length }
          return values[start * columns..<(start + length) * columns]
            + [Float](repeating: .nan, count: (room - length) * columns)
        }
      }
      padded.queries = pad(call.queries, Packed.heads * Packed.width)
      padded.keys = pad(call.keys, Packed.keyValueHeads * Packed.width)
      padded.values = pad(call.values, Packed.keyValueHeads * Packed.valueWidth)
      (padded.slopes, padded.sinks) = (call.slopes, call.sinks)
      let (expected, actual) = (try call.run(context), try padded.run(context))
      let columns = Packed.heads * Packed.valueWidth
      for (sequence, length) in Packed.lengths.enumerated() {
        let start = sequence * room
        let one = AttentionCall.Result(
          output: Array(actual.output[start * columns..<(start + length) * columns]),
          logSumExp: (0..<Packed.heads).flatMap { head in
            let first = (sequence * Packed.heads + head) * room
            return actual.logSumExp[first..<first + length]
          })
        let isSame = one == Packed.part(sequence, of: expected, call.problem)
        #expect(isSame, "sequence \(sequence)")
        #expect(actual.output[(start + length) * columns..<(start + room) * columns].allSatisfy { $0 == 0 })
        for head in 0..<Packed.heads {
          let first = (sequence * Packed.heads + head) * room
          #expect(actual.logSumExp[first + length..<first + room].allSatisfy { $0 == -.infinity })
        }
      }
    }
  }

  /// Sequences in any order with rows between them that belong to none: those are neither read nor written.
  @Test(arguments: InstructionSet.available) func rowsOfNobody(set: InstructionSet) throws {
    let context = try context(set)
    var problem = Packed.problem([20, 3, 31]) { $0.mask = .causal() }
    let call = try AttentionCall(problem)
    let expected = try call.run(context)
    (problem.queryStarts, problem.keyStarts) = ([40, 5, 8], [34, 31, 0])
    for layout in [\AttentionProblem.queries, \.output] { problem[keyPath: layout].rows = 64 }
    for layout in [\AttentionProblem.gradients.queries, \.gradients.output] { problem[keyPath: layout].rows = 64 }
    var spread = try AttentionCall(problem)
    func place(_ values: [Float], _ starts: [Int], _ rows: Int, _ columns: Int) -> [Float] {
      var placed = [Float](repeating: .nan, count: rows * columns)
      for sequence in 0..<3 {
        let (from, count) = (call.problem.queryStarts![sequence], call.problem.queryLengths![sequence])
        placed.replaceSubrange(
          starts[sequence] * columns..<(starts[sequence] + count) * columns,
          with: values[from * columns..<(from + count) * columns])
      }
      return placed
    }
    spread.queries = place(call.queries, [40, 5, 8], 64, Packed.heads * Packed.width)
    spread.keys = place(call.keys, [34, 31, 0], 54, Packed.keyValueHeads * Packed.width)
    spread.values = place(call.values, [34, 31, 0], 54, Packed.keyValueHeads * Packed.valueWidth)
    let actual = try spread.run(context)
    let isSame =
      actual.output.map(\.bitPattern)
      == place(expected.output, [40, 5, 8], 64, Packed.heads * Packed.valueWidth).map(\.bitPattern)
    #expect(isSame)
  }

  /// Packed queries over keys in ranges of a cache.
  @Test(arguments: InstructionSet.available) func overACache(set: InstructionSet) throws {
    let context = try context(set)
    let (queries, keys) = ([1, 70, 2], [200, 70, 129])
    let call = try AttentionCall(
      Packed.problem(queries, keys: keys) { ($0.mask, $0.writesLogSumExp) = (.causal(), false) })
    let expected = try call.run(context)
    let (row, valueRow) = (Packed.keyValueHeads * Packed.width, Packed.keyValueHeads * Packed.valueWidth)
    var ranges = KeyValueRanges(
      type: .float32, keyStrides: .init(row: row, head: Packed.width),
      valueStrides: .init(row: valueRow, head: Packed.valueWidth))
    for (start, count) in zip(call.problem.keyStarts!, keys) {
      ranges.append([.init(count: count, keyOffset: start * row, valueOffset: start * valueRow)])
    }
    var problem = call.problem
    // What lies in ranges has no lengths or places of the problem's.
    (problem.keyLengths, problem.keyStarts) = (nil, nil)
    problem.keys = BatchedMatrixLayout(
      batch: 3, heads: Packed.keyValueHeads, rows: 200, columns: Packed.width, order: .rowsFirst)
    problem.values = BatchedMatrixLayout(
      batch: 3, heads: Packed.keyValueHeads, rows: 200, columns: Packed.valueWidth, order: .rowsFirst)
    problem.gradients.keys = problem.keys
    problem.gradients.values = problem.values
    var output = [Float](repeating: .nan, count: expected.output.count)
    try AttentionPlan(for: problem, context: context).run(
      queries: call.queries.span, keys: call.keys.span.bytes, values: call.values.span.bytes, at: ranges,
      output: output.mutableSpan)
    let isSame = output.map(\.bitPattern) == expected.output.map(\.bitPattern)
    #expect(isSame)
  }
}
