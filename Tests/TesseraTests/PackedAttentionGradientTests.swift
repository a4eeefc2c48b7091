import Tessera
import Testing

private typealias Packed = PackedSequences

/// Gradients of packed sequences are those of the sequences one by one; what a packed call counts; determinism of both
/// passes.
@Suite struct PackedAttentionGradientTests {
  private func context(_ set: InstructionSet, threads: Int = 2) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set)
  }

  @Test(arguments: InstructionSet.available) func packedGradientsEqualOneByOne(set: InstructionSet) throws {
    let context = try context(set)
    let (heads, shared) = (Packed.heads, Packed.keyValueHeads)
    for option in try Packed.options() {
      let call = try AttentionGradientCall(Packed.problem(Packed.lengths, option))
      let together = try call.run(context)
      #expect(together.isFinite)
      var sinks = [Float](repeating: 0, count: together.sinks.count)
      for (sequence, count) in Packed.lengths.enumerated() {
        let forward = try Packed.alone(sequence, of: call.forward)
        var single = try AttentionGradientCall(forward.problem)
        single.forward = forward
        let start = call.problem.queryStarts![sequence]
        func rows(_ values: [Float], _ columns: Int) -> [Float] {
          Array(values[start * columns..<(start + count) * columns])
        }
        single.outputGradient = rows(call.outputGradient, heads * Packed.valueWidth)
        let expected = try single.run(context)
        // All keys of a sequence are one tile in both.
        let isSame =
          rows(together.queries, heads * Packed.width) == expected.queries
          && rows(together.keys, shared * Packed.width) == expected.keys
          && rows(together.values, shared * Packed.valueWidth) == expected.values
        #expect(isSame, "sequence \(sequence)")
        sinks = zip(sinks, expected.sinks).map { $0 + $1 }
      }
      expectNear(together.sinks, sinks, tolerance: 1e-4)
    }
  }

  /// Keys in several ranges for some sequences, one for others, none for one.
  @Test(arguments: InstructionSet.available) func gradientsOfLongAndShortSequences(set: InstructionSet) throws {
    let context = try context(set)
    let (queries, keys) = ([40, 1, 0, 100, 5], [1500, 700, 30, 20, 0])
    let call = try AttentionGradientCall(Packed.problem(queries, keys: keys) { $0.mask = .causal() })
    let together = try call.run(context)
    for (sequence, count) in queries.enumerated() {
      let forward = try Packed.alone(sequence, of: call.forward)
      var single = try AttentionGradientCall(forward.problem)
      single.forward = forward
      func rows(_ values: [Float], _ start: Int, _ count: Int, _ columns: Int) -> [Float] {
        Array(values[start * columns..<(start + count) * columns])
      }
      let start = call.problem.queryStarts![sequence]
      single.outputGradient = rows(call.outputGradient, start, count, Packed.heads * Packed.valueWidth)
      let expected = try single.run(context)
      expectNear(rows(together.queries, start, count, Packed.heads * Packed.width), expected.queries, tolerance: 1e-5)
      let (first, keyCount) = (call.problem.keyStarts![sequence], keys[sequence])
      expectNear(
        rows(together.keys, first, keyCount, Packed.keyValueHeads * Packed.width), expected.keys, tolerance: 1e-5)
      expectNear(
        rows(together.values, first, keyCount, Packed.keyValueHeads * Packed.valueWidth), expected.values,
        tolerance: 1e-5)
    }
  }

  /// The same bits for every number of threads and on every run, forward and backward.
  @Test(arguments: InstructionSet.available) func bitsDoNotDependOnThreads(set: InstructionSet) throws {
    for (queries, keys) in [(Packed.lengths, Packed.lengths), ([40, 1, 0, 100, 5], [1500, 700, 30, 20, 0])] {
      for option in try Packed.options() {
        let call = try AttentionGradientCall(Packed.problem(queries, keys: keys, option))
        let forward = try call.forward.run(try context(set, threads: 1))
        let gradients = try call.run(try context(set, threads: 1))
        for threads in [2, 3, 8] {
          let context = try context(set, threads: threads)
          let (again, gradientsAgain) = (try call.forward.run(context), try call.run(context))
          #expect(again == forward && gradientsAgain == gradients, "\(threads) threads")
        }
      }
    }
  }

  /// Bytes are those of the sequences one by one; Q is the sum of theirs.
  @Test func bytesAreTheSumOfTheSequences() throws {
    func entries(_ call: AttentionGradientCall) throws -> [Ledger.Entry] {
      let ledger = Ledger()
      let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 16 << 20)
      _ = try call.run(context)
      return [try #require(ledger.entries["attention"]), try #require(ledger.entries["attention-gradients"])]
    }
    let call = try AttentionGradientCall(Packed.problem(Packed.lengths) { $0.mask = .causal() })
    let together = try entries(call)
    var (least, operations) = ([0, 0], [0, 0])
    for sequence in Packed.lengths.indices {
      let single = try entries(AttentionGradientCall(try Packed.alone(sequence, of: call.forward).problem))
      for index in 0..<2 {
        least[index] += single[index].leastBytes
        operations[index] += single[index].floatingPointOperations
      }
    }
    #expect(together.map(\.leastBytes) == least)
    #expect(together.map(\.floatingPointOperations) == operations)
    for entry in together { #expect(entry.traffic.byteCount >= entry.leastBytes) }
  }
}
