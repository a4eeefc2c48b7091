import Foundation
import Tessera
import TesseraReport
import Testing

/// `tessera bench --pass`.
@Suite struct PassBenchTests {
  private func bench(_ problem: BenchProblem, _ pass: LayerPass) throws -> PassBenchResult {
    let context = try context()
    return try PassBench(
      PassProblem(problem, pass: pass), context: context, measurement: smallMeasurement(context),
      coldByteCount: 4 << 20
    ).run()
  }

  private func attention(dropout: Double? = nil) throws -> BenchProblem {
    try BenchProblem(
      operatorName: "attention", extents: [.queryHeads: 4, .queryLength: 24, .headDimension: 16], mode: .training,
      runs: 3
    ) { if let dropout { $0.dropProbability = dropout } }
  }

  private func linear() throws -> BenchProblem {
    try BenchProblem(operatorName: "linear", extents: [.rows: 24, .columns: 40, .depth: 16], runs: 3) {
      $0.packsWeights = true
    }
  }

  /// 4 · D FLOPs a pair forward, 10 · D backward.
  @Test(arguments: [nil, 0.25] as [Double?]) func attentionCountsThreeAndAHalfTimesForward(dropout: Double?) throws {
    let forward = try bench(try attention(dropout: dropout), .forward)
    let both = try bench(try attention(dropout: dropout), .both)
    #expect(both.parts.map(\.operator) == ["attention", "attention-gradients"])
    #expect(2 * both.whole.floatingPointOperations == 7 * forward.whole.floatingPointOperations)
    #expect(forward.parts.count == 1 && forward.parts[0].operator == "attention")
    #expect(both.whole.bytes == both.parts.reduce(0) { $0 + $1.bytes })
  }

  @Test func linearHasThreeProducts() throws {
    let both = try bench(try linear(), .both)
    #expect(both.parts.map(\.operator) == ["linear", "linear-input-gradient", "linear-weight-gradient"])
    #expect(both.parts.map(\.floatingPointOperations) == [30720, 30720, 30720])
    #expect(try bench(try linear(), .backward).parts.map(\.operator) == both.parts.dropFirst().map(\.operator))
  }

  @Test func theResultHasItsKeysAndText() throws {
    let result = try bench(try linear(), .both)
    let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(result))
    let object = try #require(encoded as? [String: Any])
    #expect(
      Set(object.keys) == [
        "pass", "extents", "options", "isWarm", "threads", "isa", "runs", "parts", "whole", "peakGflops", "steadiness",
      ])
    #expect(object["pass"] as? String == "both" && object["runs"] as? Int == 3)
    let whole = try #require(object["whole"] as? [String: Any])
    #expect(
      Set(whole.keys) == [
        "operator", "medianMicroseconds", "minimumMicroseconds", "maximumMicroseconds", "spread",
        "floatingPointOperations", "gflops", "percentOfPeak", "bytes", "leastBytes",
      ])
    #expect(result.whole.minimumMicroseconds <= result.whole.medianMicroseconds)
    #expect(result.whole.medianMicroseconds <= result.whole.maximumMicroseconds)
    #expect(result.text.contains("linear-weight-gradient: ") && result.text.contains("together: "))
  }

  @Test func otherOperatorsAndInferenceAreErrors() throws {
    let relu = try BenchProblem(operatorName: "relu", extents: [.rows: 4, .columns: 4])
    #expect(throws: TesseraError.self) { try PassProblem(relu, pass: .both) }
    let inference = try BenchProblem(
      operatorName: "linear", extents: [.rows: 4, .columns: 4, .depth: 4], mode: .inference)
    #expect(throws: TesseraError.self) { try PassProblem(inference, pass: .backward) }
  }
}
