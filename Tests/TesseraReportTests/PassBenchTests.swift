import Foundation
import Tessera
import TesseraReport
import Testing

/// `tessera bench --pass`.
@Suite struct PassBenchTests {
  private func bench(_ problem: BenchProblem, _ pass: LayerPass) throws -> PartsBenchResult {
    let context = try context()
    return try OperatorBench(
      context: context, measurement: smallMeasurement(context), roundsPerSample: 1, coldByteCount: 4 << 20
    ).run(PartsProblem(problem, pass: pass))
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
        "timePercent", "floatingPointOperations", "gflops", "percentOfPeak", "bytes", "leastBytes", "modelled",
        "gigabytesPerSecond", "dataRatio", "bandwidthRatio", "mue", "bandwidthKind",
      ])
    #expect(result.whole.minimumMicroseconds <= result.whole.medianMicroseconds)
    #expect(result.whole.medianMicroseconds <= result.whole.maximumMicroseconds)
    #expect(result.text.contains("\nlinear-weight-gradient ") && result.text.contains("\ntogether "))
    #expect(abs(result.parts.reduce(0) { $0 + $1.timePercent } - 100) < 1e-9 && result.whole.timePercent == 100)
    for figures in result.parts + [result.whole] {
      #expect(abs(figures.mue - figures.dataRatio * figures.bandwidthRatio * 100) <= 1e-9 * figures.mue)
    }
    #expect(result.whole.leastBytes == result.parts.reduce(0) { $0 + $1.leastBytes })
  }

  /// Columns end where their titles do, but for the first, which begin there.
  @Test func theTableIsAligned() throws {
    let lines = try bench(try linear(), .both).text.split(separator: "\n").map(String.init)
    let heading = try #require(lines.firstIndex { $0.hasPrefix("operator ") })
    #expect(lines[heading].hasSuffix("MUE %") && lines[heading + 1].allSatisfy { $0 == "─" })
    let rows = lines[heading + 2..<heading + 7].filter { !$0.hasPrefix("─") }
    #expect(rows.count == 4 && rows.last?.hasPrefix("together ") == true)
    for row in rows { #expect(row.count == lines[heading].count, "\(row)") }
    #expect(try !bench(try linear(), .forward).text.contains("together"))
  }

  private static let sizes: [Extent: Int] = [
    .rows: 24, .columns: 32, .depth: 16, .vocabulary: 40, .batch: 2, .queryHeads: 4, .keyValueHeads: 2,
    .queryLength: 12, .keyLength: 12, .headDimension: 8, .valueDimension: 8,
  ]

  private func problem(
    of name: String, _ configure: (inout OperatorRequest) throws(TesseraError) -> Void = { _ throws(TesseraError) in }
  ) throws -> BenchProblem {
    let descriptor = try OperatorCatalog.entry(named: name).descriptor
    return try BenchProblem(
      operatorName: name, extents: Self.sizes.filter { descriptor.extents.contains($0.key) }, mode: .training, runs: 1,
      configure: configure)
  }

  @Test(arguments: OperatorCatalog.namesWithGradients) func everyOperatorWithGradientsIsTimed(name: String) throws {
    let both = try bench(try problem(of: name), .both)
    #expect(both.parts.count >= 2 && both.parts[0].operator == name)
    for part in both.parts {
      #expect(part.bytes > 0 && part.leastBytes > 0 && part.medianMicroseconds >= 0, "\(part.operator)")
    }
    let backward = try PartsProblem(problem(of: name), pass: .backward).calls.map(\.descriptor.name)
    #expect(backward == both.parts.dropFirst().map(\.operator))
  }

  /// FLOPs and bytes by hand, so that sizes and options of the calls are those of the forward one.
  @Test func gradientsHaveTheForwardCallsSizesAndOptions() throws {
    let gate = try bench(try problem(of: "linear-gated-activation") { $0.activation = .silu }, .backward)
    #expect(gate.parts.map(\.operator) == ["swiglu-gradient", "linear-input-gradient", "linear-weight-gradient"])
    #expect(gate.parts.map(\.floatingPointOperations) == [3 * 24 * 32, 4 * 24 * 32 * 16, 4 * 24 * 32 * 16])

    // 2 · 12 tokens; 4 query heads and 2 of keys and of values, 8 wide.
    let joint = try bench(try problem(of: "linear-attention-input-bias"), .backward)
    #expect(joint.parts.map(\.floatingPointOperations) == [2 * 24 * 64 * 16, 2 * 24 * 64 * 16 + 24 * 64])
    #expect(try bench(try problem(of: "AIB"), .backward).parts.map(\.floatingPointOperations) == [24 * 64])

    let bias = try BenchProblem(operatorName: "bias", extents: [.planes: 3, .rows: 8, .columns: 16], runs: 1)
    #expect(try bench(bias, .backward).whole.floatingPointOperations == 3 * 8 * 16)

    let norm = try bench(try problem(of: "BDRLN"), .backward)
    #expect(
      norm.parts.map(\.operator) == [
        "layer-norm-parameter-gradients", "bias-dropout-residual-layer-norm-gradient", "bias-gradient",
      ])
    let alone = try bench(try problem(of: "BDRLN") { $0.hasBias = false }, .backward)
    #expect(alone.parts.map(\.operator) == norm.parts.dropLast().map(\.operator))
    // Without dropout the input's gradient is the residual's: one matrix less.
    let layerNorm = try bench(try problem(of: "layer-norm"), .backward)
    #expect(layerNorm.parts[1].leastBytes == norm.parts[1].leastBytes - 4 * 24 * 32)
    // A sum that went on on another way brings a gradient back.
    let summed = try bench(try problem(of: "BDRLN") { $0.returnsSum = true }, .backward)
    #expect(summed.parts[1].leastBytes == norm.parts[1].leastBytes + 4 * 24 * 32)
  }

  @Test func everyGradientOperatorIsSomeOperators() throws {
    #expect(Set(OperatorCatalog.namesWithGradients).count == OperatorCatalog.namesWithGradients.count)
    let used = try Set(
      OperatorCatalog.namesWithGradients.flatMap { name in
        try PartsProblem(problem(of: name), pass: .backward).calls.map(\.descriptor.name)
      })
    let others = OperatorCatalog.entries.map(\.descriptor.name).filter { $0.contains("gradient") && !used.contains($0) }
    // Those are of two calls: a map and what is before it, or two that read a norm's output.
    let ofTwoCalls = [
      "linear-input-gradient-activation-dropout", "linear-input-gradient-residual",
      "linear-input-gradient-gated-activation", "residual-layer-norm-parameter-gradients",
      "residual-rms-norm-parameter-gradients",
    ]
    #expect(others == ofTwoCalls, "\(others)")
  }

  @Test func otherOperatorsAndInferenceAreErrors() throws {
    let argmax = try BenchProblem(operatorName: "argmax", extents: [.rows: 4, .columns: 4], runs: 1)
    for pass in [LayerPass.backward, .both] {
      #expect { try PartsProblem(argmax, pass: pass) } throws: { error in
        let message = "\(error)"
        return message.contains("argmax") && OperatorCatalog.namesWithGradients.allSatisfy { message.contains($0) }
      }
    }
    #expect(try bench(argmax, .forward).parts.map(\.operator) == ["argmax"])
    let stored = try BenchProblem(
      operatorName: "embedding-rows", extents: [.rows: 4, .columns: 32, .vocabulary: 8]
    ) { $0.weightType = .q8_0 }
    #expect(throws: TesseraError.self) { try PartsProblem(stored, pass: .both) }
    let inference = try BenchProblem(
      operatorName: "linear", extents: [.rows: 4, .columns: 4, .depth: 4], mode: .inference)
    #expect(throws: TesseraError.self) { try PartsProblem(inference, pass: .backward) }
  }

  /// It has no backward pass to time alone: what there is to time instead is named, and is there.
  @Test(arguments: [LayerPass.backward, .both]) func aCallThatMakesItsGradientsIsTimedWhole(pass: LayerPass) throws {
    func crossEntropy(_ mode: ExecutionMode?) throws -> BenchProblem {
      try BenchProblem(
        operatorName: "linear-cross-entropy", extents: [.rows: 8, .columns: 16, .depth: 4], mode: mode, runs: 1)
    }
    let training = try crossEntropy(.training)
    #expect { try PartsProblem(training, pass: pass) } throws: { error in
      let message = "\(error)"
      return message.contains("one call of linear-cross-entropy makes the loss and its gradients")
        && message.contains("--mode inference") && message.hasSuffix(", got \(pass.rawValue)")
    }
    let (whole, loss) = (try crossEntropy(nil), try crossEntropy(.inference))
    #expect(whole.request.mode == .training)
    let operations = [whole, loss].map { $0.descriptor.floatingPointOperations($0.request.extents) }
    #expect(operations == [6 * 8 * 16 * 4 + 5 * 8 * 16, 2 * 8 * 16 * 4 + 3 * 8 * 16])
  }
}
