import Tessera
import Testing

/// Block masks, by the Boolean masks that say the same, and that what they hide is skipped.
@Suite struct AttentionBlockMaskTests {
  private static let masks: [AttentionMask] = [.full, .causal(), .window(left: 40, right: 20, alignment: .topLeft)]

  /// Blocks of so many queries and keys of the problem, of which a third is hidden, and the last keys from all.
  private static func mask(
    _ problem: AttentionProblem, _ queries: Int, _ keys: Int, isShared: Bool
  ) throws -> AttentionBlockMask {
    let keyBlocks = (problem.keyLength + keys - 1) / keys
    return try AttentionBlockMask(
      queriesPerBlock: queries, keysPerBlock: keys, queryBlocks: (problem.queryLength + queries - 1) / queries,
      keyBlocks: keyBlocks, batch: isShared ? 1 : problem.batch, heads: isShared ? 1 : problem.queryHeads
    ) { sequence, head, query, key in
      (keyBlocks == 1 || key < keyBlocks - 1) && (sequence + 2 * head + query + key * key) % 3 != 0
    }
  }

  /// Calls whose blocks a block mask hides, and a Boolean mask; what is hidden from all is not a number.
  private static func pair(
    _ problem: AttentionProblem, _ mask: AttentionBlockMask
  ) throws -> (blocks: AttentionGradientCall, bytes: AttentionGradientCall) {
    var (byBlocks, byBytes) = (problem, problem)
    byBlocks.blockMask = mask
    byBytes.booleanMask = BatchedMatrixLayout(scoresOf: problem)
    var blocks = try AttentionGradientCall(byBlocks)
    var bytes = try AttentionGradientCall(byBytes)
    let (queries, keys) = (problem.queryLength, problem.keyLength)
    let hiddenKeys = mask.keyBlocks == 1 ? keys..<keys : (mask.keyBlocks - 1) * mask.keysPerBlock..<keys
    for plane in 0..<problem.batch * problem.keyValueHeads {
      for key in hiddenKeys {
        blocks.forward.keys[(plane * keys + key) * problem.headDimension] = .nan
        blocks.forward.values[(plane * keys + key) * problem.valueDimension] = .infinity
      }
    }
    (bytes.forward.keys, bytes.forward.values) = (blocks.forward.keys, blocks.forward.values)
    for plane in 0..<problem.batch * problem.queryHeads {
      for query in 0..<queries {
        for key in 0..<keys {
          let isVisible = mask.isVisible(
            sequence: plane / problem.queryHeads, head: plane % problem.queryHeads,
            queryBlock: query / mask.queriesPerBlock, keyBlock: key / mask.keysPerBlock)
          bytes.forward.mask![(plane * queries + query) * keys + key] = isVisible ? 1 : 0
        }
      }
    }
    return (blocks, bytes)
  }

  @Test(arguments: AttentionPath.all) func blocksAreABooleanMask(path: AttentionPath) throws {
    for (index, (queries, keys)) in [(1, 1), (5, 16), (12, 64), (7, 100), (200, 30)].enumerated() {
      for mask in Self.masks {
        let problem = path.problem { $0.mask = mask }
        let (blocks, bytes) = try Self.pair(
          problem, Self.mask(problem, queries, keys, isShared: index % 2 == 0))
        let (actual, expected) = (try blocks.forward.run(path.context), try bytes.forward.run(path.context))
        let what = "\(queries) × \(keys), \(mask)"
        expectNear(actual.output, expected.output, what)
        expectNear(actual.logSumExp, expected.logSumExp, what)
        let (gradients, others) = (try blocks.run(path.context), try bytes.run(path.context))
        #expect(gradients.isFinite && others.isFinite, "\(what)")
        expectNear(gradients.queries, others.queries, tolerance: 2e-5, what)
        expectNear(gradients.keys, others.keys, tolerance: 2e-5, what)
        expectNear(gradients.values, others.values, tolerance: 2e-5, what)
      }
    }
  }

  /// Blocks that are all visible are none.
  @Test(arguments: AttentionPath.all) func visibleBlocksAreNone(path: AttentionPath) throws {
    let problem = path.problem()
    let all = try AttentionBlockMask(for: problem, queriesPerBlock: 5, keysPerBlock: 12) { _, _ in true }
    let expected = try AttentionCall(problem).run(path.context)
    let actual = try AttentionCall(path.problem { $0.blockMask = all }).run(path.context)
    expectNear(actual.output, expected.output)
    expectNear(actual.logSumExp, expected.logSumExp)
  }

  private func entries(_ problem: AttentionProblem) throws -> [String: Ledger.Entry] {
    let ledger = Ledger()
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 1 << 10)
    _ = try AttentionGradientCall(problem).run(context)
    return ledger.entries
  }

  /// Pairs and keys are counted as they are seen one by one.
  @Test func visiblePairsAndKeysAreCounted() throws {
    for mask in Self.masks {
      for isShared in [false, true] {
        for (queries, keys) in [(1, 1), (6, 11), (64, 3), (3, 70), (100, 200)] {
          var problem = AttentionProblem(
            batch: 2, queryHeads: 4, keyValueHeads: 2, queryLength: 37, keyLength: 150, headDimension: 1)
          (problem.mask, problem.keyLengths) = (mask, [150, 71])
          problem.documentStarts = [[60], [3, 40]]
          problem.blockMask = try Self.mask(problem, queries, keys, isShared: isShared)
          let extents = try OperatorRequest(problem).extents
          let (pairs, seen) = Self.count(problem)
          #expect(extents[.visiblePairs] == pairs && extents[.visibleKeys] == seen, "\(mask), \(queries) × \(keys)")
        }
      }
    }
  }

  /// Causal and a window of the test's, one pair at a time.
  private static func count(_ problem: AttentionProblem) -> (pairs: Int, keys: Int) {
    var pairs = 0
    var seen: Set<[Int]> = []
    for sequence in 0..<problem.batch {
      let length = problem.keyLengths![sequence]
      for head in 0..<problem.queryHeads {
        for query in 0..<problem.queryLength {
          for key in 0..<length where isVisible(problem, sequence, head, query, key, length) {
            pairs += 1
            seen.insert([sequence, head / problem.groupSize, key])
          }
        }
      }
    }
    return (pairs, seen.count)
  }

  private static func isVisible(
    _ problem: AttentionProblem, _ sequence: Int, _ head: Int, _ query: Int, _ key: Int, _ length: Int
  ) -> Bool {
    let position: Int
    switch problem.mask {
    case .full: position = query + length - problem.queryLength
    case .causal:
      position = query + length - problem.queryLength
      guard key <= position else { return false }
    case .window(let left, let right, _):
      position = query
      guard key >= position - left!, key <= position + right! else { return false }
    }
    let starts = problem.documentStarts![sequence]
    guard starts.filter({ $0 <= key }).count == starts.filter({ $0 <= position }).count else { return false }
    let mask = problem.blockMask!
    return mask.isVisible(
      sequence: sequence, head: head, queryBlock: query / mask.queriesPerBlock, keyBlock: key / mask.keysPerBlock)
  }

  /// Tiles that no block shows are not read, and queries come past none of them.
  @Test func hiddenTilesAreNotRead() throws {
    var problem = AttentionProblem(batch: 1, queryHeads: 32, queryLength: 192, keyLength: 3072, headDimension: 16)
    let all = try entries(problem)
    // Of sixteen blocks of keys the second and the last but one.
    problem.blockMask = try AttentionBlockMask(for: problem, queriesPerBlock: 96, keysPerBlock: 192) { _, key in
      key == 1 || key == 14
    }
    let some = try entries(problem)
    for name in ["attention", "attention-gradients"] {
      let (all, some) = (try #require(all[name]), try #require(some[name]))
      #expect(some.floatingPointOperations * 8 == all.floatingPointOperations, "\(name)")
      #expect(some.leastBytes < all.leastBytes, "\(name)")
      #expect(some.traffic.byteCount >= some.leastBytes, "\(name)")
      #expect(some.traffic.readBytes * 3 < all.traffic.readBytes, "\(name)")
    }
    // A head's two blocks of 192 keys and values of 64 bytes; its 192 queries come past both, its sums between them.
    #expect(some["attention"]?.traffic.readBytes == 32 * (2 * 192 * 128 + 2 * 192 * 64 + 192 * 64))
    // Whatever is hidden from half of the queries is read for the other half.
    problem.blockMask = try AttentionBlockMask(for: problem, queriesPerBlock: 96, keysPerBlock: 192) { query, key in
      key % 2 == query
    }
    let halves = try entries(problem)
    for name in ["attention", "attention-gradients"] {
      let (all, halves) = (try #require(all[name]), try #require(halves[name]))
      #expect(halves.floatingPointOperations * 2 == all.floatingPointOperations, "\(name)")
      #expect(halves.leastBytes == all.leastBytes, "\(name)")
    }
  }

  /// The same bits for every number of threads.
  @Test(arguments: InstructionSet.available) func bitsDoNotDependOnThreads(set: InstructionSet) throws {
    var problem = AttentionProblem(batch: 2, queryHeads: 2, queryLength: 300, keyLength: 700, headDimension: 16)
    problem.blockMask = try Self.mask(problem, 50, 70, isShared: false)
    let call = try AttentionGradientCall(problem)
    let single = ExecutionContext(pool: try WorkerPool(threadCount: 1), instructionSet: set)
    let (expected, gradients) = (try call.forward.run(single), try call.run(single))
    for threadCount in [2, 3, 8] {
      let context = ExecutionContext(pool: try WorkerPool(threadCount: threadCount), instructionSet: set)
      let isSame = try call.forward.run(context) == expected
      let isSameBackward = try call.run(context) == gradients
      #expect(isSame && isSameBackward, "\(threadCount) threads")
    }
  }
}
