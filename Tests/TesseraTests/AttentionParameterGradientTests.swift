import Tessera
import Testing

/// Gradients of bias and slopes, by what else says the same; agreement with the oracle is the verifier's.
@Suite struct AttentionParameterGradientTests {
  /// Two sequences of two key-value heads that two heads each share; keys of one tile, and of several in ranges.
  private static func problem(keys: Int, _ change: (inout AttentionProblem) -> Void = { _ in }) -> AttentionProblem {
    var problem = AttentionProblem(
      batch: 2, queryHeads: 4, keyValueHeads: 2, queryLength: 101, keyLength: keys, headDimension: 4)
    change(&problem)
    return problem
  }

  private func context(_ set: InstructionSet = .best, threads: Int = 2) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set)
  }

  /// Heads that add to the same elements do not run at the same time, and split their keys instead.
  @Test func keysAreSplitWhereHeadsWait() {
    var problem = AttentionProblem(batch: 4, queryHeads: 16, queryLength: 20, keyLength: 1000, headDimension: 64)
    problem.bias = BatchedMatrixLayout(scoresOf: problem)
    func ranges(_ flags: Int?) -> Int {
      problem.gradients.bias = flags.map { BatchedMatrixLayout(scoresOf: problem, broadcast: $0) }
      return AttentionGradientPartition(problem).keyRanges
    }
    // Of 64 heads all at a time, 16, 4, and one after the other.
    let found = [nil, 0, 4, 1, 2, 3].map { ranges($0) }
    #expect(found == [1, 1, 1, 2, 6, 6])
  }

  /// keys-gradient[j] = scale · Σ_i bias-gradient[i][j] · queries[i], of all heads that share the key.
  @Test(arguments: InstructionSet.available) func keysHaveTheGradientThatTheBiasSays(set: InstructionSet) throws {
    for keys in [70, 400] {
      for mask in [.full, .causal(), .window(left: 30, right: 2, alignment: .topLeft)] as [AttentionMask] {
        let call = try AttentionGradientCall(
          Self.problem(keys: keys) {
            ($0.mask, $0.bias) = (mask, BatchedMatrixLayout(scoresOf: $0))
            $0.gradients.bias = $0.bias
          })
        let result = try call.run(try context(set))
        var expected = [Double](repeating: 0, count: result.keys.count)
        for plane in 0..<8 {
          for query in 0..<101 {
            for key in 0..<keys {
              let weight = Double(result.bias[(plane * 101 + query) * keys + key]) * Double(call.problem.scale)
              for column in 0..<4 {
                expected[(plane / 2 * keys + key) * 4 + column] +=
                  weight * Double(call.forward.queries[(plane * 101 + query) * 4 + column])
              }
            }
          }
        }
        expectNear(result.keys, expected.map { Float($0) }, tolerance: 1e-5, "\(keys) keys, \(mask)")
      }
    }
  }

  /// What a bias is broadcast over its gradient is summed over, and that changes no other gradient but by rounding.
  @Test(arguments: InstructionSet.available) func broadcastGradientsAreSums(set: InstructionSet) throws {
    for keys in [70, 400] {
      let problem = Self.problem(keys: keys) {
        ($0.mask, $0.bias) = (.causal(), BatchedMatrixLayout(scoresOf: $0, broadcast: 7))
        $0.gradients.bias = BatchedMatrixLayout(scoresOf: $0, broadcast: 0)
      }
      let whole = try AttentionGradientCall(problem).run(try context(set))
      #expect(whole.isFinite)
      for flags in 1..<8 {
        var summed = problem
        summed.gradients.bias = BatchedMatrixLayout(scoresOf: problem, broadcast: flags)
        let result = try AttentionGradientCall(summed).run(try context(set))
        let layout = try #require(summed.gradients.bias)
        var expected = [Double](repeating: 0, count: result.bias.count)
        for plane in 0..<8 {
          for query in 0..<101 {
            for key in 0..<keys {
              expected[layout.start(ofPlane: plane) + query * layout.rowStride + key] +=
                Double(whole.bias[(plane * 101 + query) * keys + key])
            }
          }
        }
        expectNear(result.bias, expected.map { Float($0) }, tolerance: 1e-5, "\(keys) keys, broadcast \(flags)")
        expectNear(result.queries, whole.queries)
        expectNear(result.keys, whole.keys)
        expectNear(result.values, whole.values)
      }
    }
  }

  /// slopes-gradient = −Σ bias-gradient · |i′ − j|.
  @Test(arguments: InstructionSet.available) func slopesHaveTheGradientThatTheBiasSays(set: InstructionSet) throws {
    for keys in [70, 400] {
      for slopes in AttentionSlopes.allCases {
        let offsets = [3, -20]
        let call = try AttentionGradientCall(
          Self.problem(keys: keys) {
            ($0.slopes, $0.softcap, $0.queryOffsets) = (slopes, 2, offsets)
            $0.mask = .window(left: 60, right: 90)
            $0.bias = BatchedMatrixLayout(scoresOf: $0)
            $0.gradients.bias = $0.bias
          })
        let result = try call.run(try context(set))
        var expected = [Double](repeating: 0, count: result.slopes.count)
        #expect(expected.count == (slopes == .perHead ? 4 : 8))
        for plane in 0..<8 {
          for query in 0..<101 {
            for key in 0..<keys {
              expected[plane % expected.count] -=
                Double(result.bias[(plane * 101 + query) * keys + key])
                * Double(abs(offsets[plane / 4] + query - key))
            }
          }
        }
        // Sums of thousands of numbers of either sign.
        expectNear(result.slopes, expected.map { Float($0) }, tolerance: 1e-4, "\(keys) keys, \(slopes)")
      }
    }
  }

  @Test(arguments: InstructionSet.available) func bitsDoNotDependOnThreads(set: InstructionSet) throws {
    for flags in 0..<8 {
      let call = try AttentionGradientCall(
        Self.problem(keys: 400) {
          ($0.mask, $0.bias, $0.slopes) = (.causal(), BatchedMatrixLayout(scoresOf: $0, broadcast: 3), .perHead)
          $0.gradients.bias = BatchedMatrixLayout(scoresOf: $0, broadcast: flags)
        })
      let expected = try call.run(try context(set, threads: 1))
      #expect(expected.isFinite)
      for threads in [2, 3, 8] {
        let isSame = try call.run(try context(set, threads: threads)) == expected
        #expect(isSame, "\(threads) threads, broadcast \(flags)")
      }
    }
  }

  /// Twelve heads that add to the same elements wait for each other, and so do their ranges of keys, which then have no
  /// memory of their own; keys in packed sequences of several lengths, whose ranges are as many as their keys take.
  @Test(arguments: InstructionSet.available) func rangesThatWaitChangeNoBit(set: InstructionSet) throws {
    var shared = AttentionProblem(batch: 1, queryHeads: 12, queryLength: 130, keyLength: 900, headDimension: 8)
    shared.bias = BatchedMatrixLayout(scoresOf: shared)
    shared.mask = .causal()
    shared.gradients.bias = BatchedMatrixLayout(scoresOf: shared, broadcast: 2)
    var lengths = AttentionProblem(batch: 6, queryHeads: 4, queryLength: 70, keyLength: 700, headDimension: 8)
    lengths.bias = BatchedMatrixLayout(scoresOf: lengths)
    lengths.queryLengths = [70, 3, 0, 69, 70, 1]
    lengths.keyLengths = [700, 10, 0, 500, 193, 700]
    lengths.gradients.bias = BatchedMatrixLayout(scoresOf: lengths, broadcast: 3)
    for problem in [shared, lengths] {
      let partition = AttentionGradientPartition(problem)
      #expect(partition.keyRanges > 1 && partition.rangesWait)
      let call = try AttentionGradientCall(problem)
      let expected = try call.run(try context(set, threads: 1))
      #expect(expected.isFinite)
      for threads in [2, 3, 8] {
        for _ in 0..<5 {
          let isSame = try call.run(try context(set, threads: threads)) == expected
          #expect(isSame, "\(threads) threads, \(problem.batch) sequences")
        }
      }
      // Parts that are added behind all items, of which every range has one, are the same sums in another order.
      var plain = problem
      plain.gradients.bias = nil
      let parts = try AttentionGradientCall(plain).run(try context(set))
      expectNear(expected.queries, parts.queries, tolerance: 1e-5)
      expectNear(expected.keys, parts.keys)
      expectNear(expected.values, parts.values)
    }
  }

  /// Heads that add to the same elements are handed out behind those that they wait for.
  @Test func turnsComeBehindThoseThatTheyWaitFor() {
    var problem = AttentionProblem(
      batch: 3, queryHeads: 6, keyValueHeads: 3, queryLength: 20, keyLength: 1000, headDimension: 64)
    problem.bias = BatchedMatrixLayout(scoresOf: problem)
    for flags in 0..<4 {
      problem.gradients.bias = BatchedMatrixLayout(scoresOf: problem, broadcast: flags)
      let partition = AttentionGradientPartition(problem)
      for threads in [1, 2, 5, 64] {
        let turns = partition.biasTurns(threadCount: threads)
        #expect(turns.map(\.item).sorted() == Array(0..<partition.itemCount))
        var hasRun = Set<Int>()
        for turn in turns {
          #expect(hasRun.isSuperset(of: turn.earlier))
          hasRun.insert(turn.item)
        }
      }
    }
  }

  /// A gradient of the bias that is written once changes no bit of the others.
  @Test(arguments: InstructionSet.available) func askingChangesNothingElse(set: InstructionSet) throws {
    for keys in [70, 400] {
      var problem = Self.problem(keys: keys) { ($0.mask, $0.bias) = (.causal(), BatchedMatrixLayout(scoresOf: $0)) }
      let plain = try AttentionGradientCall(problem).run(try context(set))
      problem.gradients.bias = problem.bias
      var asked = try AttentionGradientCall(problem).run(try context(set))
      #expect(asked.bias.count == 8 * 101 * keys && plain.bias.isEmpty)
      asked.bias = []
      #expect(asked == plain)
    }
  }

  /// Hidden pairs, keys past a length and rows that see nothing have gradients of 0, which are written.
  @Test(arguments: InstructionSet.available) func whatIsHiddenHasAGradientOfNothing(set: InstructionSet) throws {
    for flags in [0, 1, 2] {
      let call = try AttentionGradientCall(
        Self.problem(keys: 400) {
          ($0.mask, $0.keyLengths, $0.bias) = (.causal(), [60, 0], BatchedMatrixLayout(scoresOf: $0))
          $0.gradients.bias = BatchedMatrixLayout(scoresOf: $0, broadcast: flags)
        })
      let result = try call.run(try context(set))
      let layout = try #require(call.problem.gradients.bias)
      for plane in 0..<8 {
        for query in 0..<101 {
          let row = layout.start(ofPlane: plane) + query * layout.rowStride
          // Of sequence 0, whose last query stands at key 59; of 1 nothing is seen.
          let seen = flags == 1 || plane < 4 ? max(0, query + 60 - 101 + 1) : 0
          let hasNothing = result.bias[row + seen..<row + 400].allSatisfy { $0 == 0 }
          #expect(hasNothing, "broadcast \(flags), plane \(plane), query \(query)")
        }
      }
      #expect(result.isFinite)
    }
  }

  /// One head of 100 queries and 150 keys: bias and its gradient come by once.
  @Test func trafficByHand() throws {
    func entry(_ wantsGradient: Bool) throws -> Ledger.Entry {
      let ledger = Ledger()
      let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 1 << 20)
      var problem = AttentionProblem(batch: 1, queryHeads: 1, queryLength: 100, keyLength: 150, headDimension: 16)
      problem.bias = BatchedMatrixLayout(scoresOf: problem)
      problem.gradients.bias = wantsGradient ? problem.bias : nil
      _ = try AttentionGradientCall(problem).run(context)
      return try #require(ledger.entries["attention-gradients"])
    }
    let (plain, asked) = (try entry(false), try entry(true))
    #expect(asked.traffic.readBytes == plain.traffic.readBytes)
    #expect(asked.traffic.writtenBytes == plain.traffic.writtenBytes + 100 * 150 * 4)
    #expect(asked.leastBytes == plain.leastBytes + 100 * 150 * 4)
  }
}
