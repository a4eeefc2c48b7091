import Foundation
import Tessera
import TesseraReport
import Testing

/// `tessera bench --packed-lengths … --apart`.
@Suite struct ApartBenchTests {
  private func packed(
    _ lengths: [Int], keyLengths: [Int]? = nil, of name: String = "attention", mode: ExecutionMode? = nil,
    isWarm: Bool = false,
    _ configure: (inout AttentionProblem) throws(TesseraError) -> Void = { _ throws(TesseraError) in }
  ) throws -> BenchProblem {
    let extents: [Extent: Int] = [
      .batch: lengths.count, .queryHeads: 4, .keyValueHeads: 2, .queryLength: lengths.max()!,
      .keyLength: (keyLengths ?? lengths).max()!, .headDimension: 8,
    ]
    return try BenchProblem(operatorName: name, extents: extents, mode: mode, isWarm: isWarm, runs: 3) {
      request throws(TesseraError) in
      var problem = AttentionProblem(
        packed: lengths, keyLengths: keyLengths, queryHeads: 4, keyValueHeads: 2, headDimension: 8, order: .headsFirst)
      try configure(&problem)
      request.attention = problem
    }
  }

  private func bench(_ problem: BenchProblem, _ pass: LayerPass?, isApart: Bool = true) throws -> PartsBenchResult {
    let context = try context()
    return try OperatorBench(
      context: context, measurement: smallMeasurement(context), roundsPerSample: 1, coldByteCount: 4 << 20
    ).run(PartsProblem(problem, pass: pass, isApart: isApart))
  }

  private func attentions(_ problem: BenchProblem) throws -> [AttentionProblem] {
    try PartsProblem(problem, pass: nil, isApart: true).calls.compactMap(\.request.attention)
  }

  /// Nothing is lost, and nothing done twice: without what sequences share, Q adds up too.
  @Test(arguments: [nil, .forward, .backward, .both] as [LayerPass?], [false, true])
  func apartAddsUpToThePackedCall(pass: LayerPass?, isWarm: Bool) throws {
    let problem = try packed([24, 1, 9], mode: .training, isWarm: isWarm) { $0.mask = .causal() }
    let (apart, together) = (try bench(problem, pass), try bench(problem, pass, isApart: false))
    #expect(apart.parts.map(\.operator) == together.parts.map(\.operator))
    #expect(apart.sequencesApart == 3 && together.sequencesApart == nil)
    #expect(apart.isWarm == isWarm && apart.runs == 3 && apart.extents == together.extents)
    for (own, all) in zip(apart.parts + [apart.whole], together.parts + [together.whole]) {
      #expect(own.floatingPointOperations == all.floatingPointOperations, "\(own.operator)")
      #expect(own.leastBytes == all.leastBytes, "\(own.operator)")
    }
    #expect(apart.whole.bytes == apart.parts.reduce(0) { $0 + $1.bytes })
    #expect(apart.whole.minimumMicroseconds >= apart.parts.reduce(0) { $0 + $1.minimumMicroseconds } * (1 - 1e-9))
  }

  /// A sequence without queries or without keys has a call as well.
  @Test(arguments: ["attention", "attention-gradients"]) func emptySequencesAreTimed(name: String) throws {
    let problem = try packed([5, 0, 3], keyLengths: [4, 2, 0], of: name)
    let calls = try PartsProblem(problem, pass: nil, isApart: true).calls
    #expect(calls.map(\.descriptor.name) == [name, name, name])
    let result = try bench(problem, nil)
    #expect(result.parts.map(\.operator) == [name])
    // 4 heads of 5 · 4 pairs, 8 wide.
    #expect(result.whole.floatingPointOperations == (name == "attention" ? 4 : 10) * 8 * 4 * 20)
  }

  @Test func allForwardCallsComeFirst() throws {
    let problem = try PartsProblem(packed([5, 3], mode: .training), pass: .both, isApart: true)
    #expect(
      problem.calls.map(\.descriptor.name) == ["attention", "attention", "attention-gradients", "attention-gradients"])
    #expect(problem.calls.map(\.request.attention?.queryLengths) == [[5], [3], [5], [3]])
  }

  @Test func whatEachSequenceHasOfItsOwnIsCut() throws {
    let own = try attentions(
      packed([6, 200], keyLengths: [300, 140], mode: .training) { problem throws(TesseraError) in
        problem.queryOffsets = [7, 2]
        problem.documentStarts = [[0, 3], [1, 70, 90]]
        problem.softcap = 5
        problem.hasSinks = true
        problem.dropout = try Dropout(probability: 0.25, seed: 3)
      })
    #expect(own.map(\.batch) == [1, 1] && own.map(\.queryLength) == [6, 200] && own.map(\.keyLength) == [300, 140])
    #expect(own.map(\.keyLengths) == [[300], [140]] && own.map(\.queryStarts) == [[0], [0]])
    #expect(own.map(\.keyStarts) == [[0], [0]] && own.map(\.queries.rows) == [6, 200] && own[1].keys.rows == 140)
    #expect(own.map(\.queryOffsets) == [[7], [2]] && own.map(\.documentStarts) == [[[0, 3]], [[1, 70, 90]]])
    #expect(own.map(\.dropoutSequences) == [[0], [1]] && own.allSatisfy { $0.softcap == 5 && $0.hasSinks })
    #expect(own.allSatisfy { $0.dropout?.probability == 0.25 && $0.writesLogSumExp })
    let named = try attentions(packed([2, 4]) { $0.dropoutSequences = [8, 5] })
    #expect(named.map(\.dropoutSequences) == [[8], [5]])
  }

  /// Blocks are counted from each sequence's own first query and key.
  @Test func blocksAreCut() throws {
    let problem = try packed([300, 100], keyLengths: [260, 390]) { problem throws(TesseraError) in
      problem.blockMask = try .window(for: problem, neighbours: 0)
    }
    let own = try attentions(problem)
    #expect(own.map { $0.blockMask?.queryBlocks } == [3, 1] && own.map { $0.blockMask?.keyBlocks } == [3, 4])
    let pairs = try PartsProblem(problem, pass: nil, isApart: true).calls.map { $0.request.extents[.visiblePairs] }
    #expect(pairs == [4 * (128 * 128 + 128 * 128 + 44 * 4), 4 * 100 * 128])
    #expect(pairs.reduce(0, +) == problem.request.extents[.visiblePairs])
  }

  @Test func theResultHasItsKeysAndText() throws {
    let result = try bench(try packed([5, 3]), nil)
    let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(result))
    let object = try #require(encoded as? [String: Any])
    #expect(
      Set(object.keys) == [
        "sequencesApart", "extents", "options", "isWarm", "threads", "isa", "runs", "parts", "whole", "peakGflops",
        "steadiness",
      ])
    #expect(object["sequencesApart"] as? Int == 2 && (object["parts"] as? [Any])?.count == 1)
    #expect(result.text.hasPrefix("attention, 2 sequences apart: batch 2, ") && !result.text.contains("together"))
    #expect(result.parts[0].medianMicroseconds == result.whole.medianMicroseconds)
    let both = try bench(try packed([5, 3], mode: .training), .both)
    #expect(both.text.hasPrefix("attention, forward and backward pass, 2 sequences apart: "))
    #expect(both.text.contains("\nattention-gradients ") && both.text.contains("\ntogether "))
  }

  @Test func whatCannotBeCutIsRefused() throws {
    func message(_ problem: BenchProblem) -> String {
      do {
        _ = try PartsProblem(problem, pass: nil, isApart: true)
        return ""
      } catch { return "\(error)" }
    }
    let scores = { (problem: AttentionProblem) in BatchedMatrixLayout(scoresOf: problem, broadcastingBatch: true) }
    #expect(message(try packed([5, 3]) { $0.bias = scores($0) }).hasSuffix("together, got a bias"))
    #expect(message(try packed([5, 3]) { $0.booleanMask = scores($0) }).hasSuffix("together, got a Boolean mask"))
    let unpacked = try BenchProblem(
      operatorName: "attention", extents: [.queryHeads: 4, .queryLength: 24, .headDimension: 16])
    #expect(message(unpacked) == "bench: apart: expected packed sequences, got none")
  }
}
