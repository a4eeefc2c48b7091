import Tessera
import Testing

/// Documents, by what else says the same, and that what they hide is not read.
@Suite struct AttentionDocumentTests {
  /// Ends of documents: of many keys, of one, of none, of 8 and fewer, past a tile.
  private static let ends = [29, 30, 30, 37, 600]
  private static let masks: [AttentionMask] = [
    .full, .causal(), .window(left: 9, right: 4), .window(left: nil, right: 3, alignment: .topLeft),
  ]

  private static func problem(_ mask: AttentionMask, length: Int, group: Int) -> AttentionProblem {
    var problem = AttentionProblem(
      batch: 1, queryHeads: 2 * group, keyValueHeads: 2, queryLength: length, keyLength: length, headDimension: 16,
      valueDimension: 9)
    (problem.mask, problem.writesLogSumExp) = (mask, true)
    return problem
  }

  /// Rows of heads-first planes of so many rows.
  private static func rows(_ elements: [Float], _ rows: Range<Int>, of length: Int, columns: Int) -> [Float] {
    (0..<elements.count / (length * columns)).flatMap { plane in
      elements[(plane * length + rows.lowerBound) * columns..<(plane * length + rows.upperBound) * columns]
    }
  }

  @Test(arguments: InstructionSet.available, [1, 3])
  func documentsAreAttentionOfEach(set: InstructionSet, group: Int) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    let length = try #require(Self.ends.last)
    for mask in Self.masks {
      var problem = Self.problem(mask, length: length, group: group)
      problem.documentStarts = [Array(Self.ends.dropLast())]
      let whole = try AttentionGradientCall(problem)
      let output = try whole.forward.run(context)
      let gradients = try whole.run(context)
      var first = 0
      for end in Self.ends where end > first {
        let document = first..<end
        first = end
        var one = try AttentionGradientCall(Self.problem(mask, length: document.count, group: group))
        func part(_ elements: [Float], _ columns: Int) -> [Float] {
          Self.rows(elements, document, of: length, columns: columns)
        }
        one.forward.queries = part(whole.forward.queries, 16)
        one.forward.keys = part(whole.forward.keys, 16)
        one.forward.values = part(whole.forward.values, 9)
        one.outputGradient = part(whole.outputGradient, 9)
        let (expected, expectedGradients) = (try one.forward.run(context), try one.run(context))
        expectNear(part(output.output, 9), expected.output, "\(mask), \(document), output")
        expectNear(part(output.logSumExp, 1), expected.logSumExp, "\(mask), \(document), log-sum-exp")
        expectNear(part(gradients.queries, 16), expectedGradients.queries, tolerance: 2e-5, "\(mask), queries")
        expectNear(part(gradients.keys, 16), expectedGradients.keys, tolerance: 2e-5, "\(mask), keys")
        expectNear(part(gradients.values, 9), expectedGradients.values, tolerance: 2e-5, "\(mask), values")
      }
    }
  }

  /// A document of everything is none.
  @Test(arguments: AttentionPath.all) func oneDocumentIsNone(path: AttentionPath) throws {
    for mask in [.full, .causal()] as [AttentionMask] {
      let expected = try AttentionCall(path.problem { $0.mask = mask }).run(path.context)
      for starts in [[], [0], [0, 0], [path.keys + 5]] {
        let actual = try AttentionCall(
          path.problem { ($0.mask, $0.documentStarts) = (mask, [starts, starts]) }
        ).run(path.context)
        expectNear(actual.output, expected.output, "\(mask), \(starts)")
        expectNear(actual.logSumExp, expected.logSumExp, "\(mask), \(starts)")
      }
    }
  }

  private func entries(_ problem: AttentionProblem) throws -> [String: Ledger.Entry] {
    let ledger = Ledger()
    // So little fast memory that every tile is counted that a query comes past.
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 1 << 10)
    _ = try AttentionGradientCall(problem).run(context)
    return ledger.entries
  }

  /// Of 64 queries at the end of 4096 keys the last 100 are read; of ten documents each query comes past its own.
  @Test func whatDocumentsHideIsNotRead() throws {
    var late = AttentionProblem(batch: 1, queryHeads: 1, queryLength: 64, keyLength: 4096, headDimension: 64)
    let allKeys = try entries(late)
    late.documentStarts = [[512, 3996]]
    let someKeys = try entries(late)
    for name in ["attention", "attention-gradients"] {
      let (all, some) = (try #require(allKeys[name]), try #require(someKeys[name]))
      #expect(some.floatingPointOperations * 4096 == all.floatingPointOperations * 100, "\(name)")
      #expect(some.leastBytes < all.leastBytes && some.traffic.readBytes * 3 < all.traffic.readBytes, "\(name)")
    }
    var packed = AttentionProblem(batch: 1, queryHeads: 32, queryLength: 1920, headDimension: 16)
    let allRows = try entries(packed)
    packed.documentStarts = [(0..<10).map { $0 * 192 }]
    let someRows = try entries(packed)
    for name in ["attention", "attention-gradients"] {
      let (all, some) = (try #require(allRows[name]), try #require(someRows[name]))
      #expect(some.floatingPointOperations * 10 == all.floatingPointOperations, "\(name)")
      #expect(some.leastBytes == all.leastBytes && some.traffic.byteCount < all.traffic.byteCount, "\(name)")
    }
  }
}
