import Foundation
import Tessera
import TesseraReport
import Testing

@Suite struct AttentionBenchTests {
  private static let sizes: [Extent: Int] = [.queryHeads: 4, .queryLength: 24, .headDimension: 16]

  private func bench(_ problem: BenchProblem) throws -> BenchResult {
    let context = try context()
    return try OperatorBench(
      context: context, measurement: smallMeasurement(context), roundsPerSample: 1, coldByteCount: 4 << 20
    ).run(problem)
  }

  private func problem(
    _ extents: [Extent: Int] = sizes, dropout: Double? = nil, mode: ExecutionMode? = nil, runs: Int = 2,
    _ configure: (inout AttentionProblem) -> Void = { _ in }
  ) throws -> BenchProblem {
    try BenchProblem(operatorName: "attention", extents: extents, mode: mode, runs: runs) { request in
      var problem = AttentionProblem(request.extents)
      configure(&problem)
      request.attention = problem
      if let dropout { request.dropProbability = dropout }
    }
  }

  @Test func masksByName() throws {
    #expect(try AttentionMask(named: "none") == .full)
    #expect(try AttentionMask(named: "causal") == .causal())
    #expect(try AttentionMask(named: "window:255,0") == .window(left: 255, right: 0))
    #expect(try AttentionMask(named: "window:,0") == .window(left: nil, right: 0))
    #expect(try AttentionMask(named: "window:3,") == .window(left: 3, right: nil))
    #expect(try AttentionMask(named: "window:,") == .window(left: nil, right: nil))
    for name in ["none", "causal", "window:255,0", "window:,0", "window:3,", "window:,"] {
      #expect(try AttentionMask(named: name).name == name)
    }
    #expect(AttentionMask.window(left: -1, right: 0).name == "window:,0")
    for wrong in [
      "", "full", "Causal", "window", "window:", "window:1", "window:1,2,3", "window:-1,0", "window:+1,0",
      "window:a,0", "window:1, 0", "window:99999999999999999999,0", "causal:1",
    ] {
      #expect(throws: TesseraError.self, "\(wrong)") { try AttentionMask(named: wrong) }
    }
  }

  @Test("What is left out follows from what is given")
  func defaults() throws {
    let attention = try #require(try problem().request.attention)
    #expect(attention.batch == 1 && attention.keyValueHeads == 4 && attention.keyLength == 24)
    #expect(attention.valueDimension == 16 && attention.mask == .full && attention.dropout?.isIdentity != false)
    #expect(!attention.writesLogSumExp)
    #expect(try problem().request.mode == .inference)
    #expect(try problem(mode: .training).request.attention?.writesLogSumExp == true)
    let dropping = try problem(dropout: 0.1)
    #expect(dropping.request.mode == .training && dropping.request.attention?.dropout?.probability == 0.1)
    #expect(try problem(dropout: 0.1, mode: .inference).request.attention?.dropout == nil)
    // Not only by its name.
    #expect(try BenchProblem(operatorName: "tiled", extents: Self.sizes).descriptor.name == "attention")
  }

  @Test("Visible pairs and keys are counted exactly, and divided by")
  func visiblePairs() throws {
    let causal = try problem { $0.mask = .causal() }
    #expect(causal.request.extents[.visiblePairs] == 4 * 24 * 25 / 2)
    #expect(causal.request.extents[.visibleKeys] == 4 * 24)
    let result = try bench(causal)
    let flops = 2.0 * Double(4 * 24 * 25 / 2) * 32
    #expect(abs(result.gflops * result.medianMicroseconds * 1e3 - flops) < 1e-6 * flops)
    #expect(
      result.options["mask"] == .text("causal") && result.label == "TILED" && result.extents["visible-pairs"] == 1200)
    #expect(
      result.options["dropout"] == .number(0) && result.generatorBoundMicroseconds == nil
        && result.bandwidthKind == .twoToOne)
    #expect(result.workspaceBytes > 0 && !result.modelled)
    #expect(result.text.contains("mask causal") && result.text.contains("TILED"))
    let window = try problem { $0.mask = .window(left: 1, right: 0) }
    #expect(window.request.extents[.visiblePairs] == 4 * (1 + 23 * 2))
  }

  @Test("Every option is timed")
  func options() throws {
    let all = try problem(
      [
        .batch: 2, .queryHeads: 4, .keyValueHeads: 2, .queryLength: 3, .keyLength: 40,
        .headDimension: 8, .valueDimension: 12,
      ], dropout: 0.25
    ) { problem in
      problem.mask = .causal()
      problem.softcap = 5
      problem.keyLengths = [40, 17]
      problem.bias = BatchedMatrixLayout(scoresOf: problem, broadcastingBatch: true)
      problem.booleanMask = problem.bias
    }
    #expect(all.request.extents[.biasElements] == 4 * 3 * 40)
    #expect(all.request.extents[.maskElements] == 4 * 3 * 40)
    let result = try bench(all)
    #expect(result.options["keyLengths"] == .integers([40, 17]) && result.options["softcap"] == .single(5))
    #expect(result.options["dropout"] == .number(0.25))
    #expect(result.mode == .training && (result.generatorBoundMicroseconds ?? 0) > 0)
    let object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(result)) as? [String: Any])
    for key in [
      "medianMicroseconds", "minimumMicroseconds", "maximumMicroseconds", "gflops", "percentOfPeak",
      "gigabytesPerSecond",
      "mue", "workspaceBytes",
    ] {
      #expect((object[key] as? Double).map(\.isFinite) == true, "\(key)")
    }
    #expect(object["bandwidthKind"] is String)
    let own = try problem { $0.bias = BatchedMatrixLayout(scoresOf: $0) }
    #expect(own.request.extents[.biasElements] == 4 * 24 * 24)
    let shared = try problem {
      $0.booleanMask = BatchedMatrixLayout(scoresOf: $0, broadcastingBatch: true, heads: true, queries: true)
    }
    #expect(shared.request.extents[.maskElements] == 24)
  }

  @Test("Decode reads more than it writes")
  func decode() throws {
    let extents: [Extent: Int] = [
      .queryHeads: 4, .keyValueHeads: 1, .queryLength: 1, .keyLength: 256, .headDimension: 16,
    ]
    #expect(try bench(problem(extents)).bandwidthKind == .read)
  }

  @Test("Masks are bytes of 0 and 1, biases numbers")
  func operands() throws {
    let masked = try problem {
      $0.bias = BatchedMatrixLayout(scoresOf: $0, broadcastingBatch: true, heads: true)
      $0.booleanMask = $0.bias
    }
    let storage = try OperandStorage(masked.descriptor, extents: masked.request.extents, mode: .inference)
    let bytes = try #require(storage.buffers["mask"])
    #expect(bytes.count == 24 * 24 && Set(bytes) == [0, 1])
    let bias = try #require(storage.buffers["bias"]).bindMemory(to: Float.self)
    #expect(bias.count == 24 * 24 && bias.allSatisfy { abs($0) <= 1 })
    #expect(
      storage.byteCount
        == OperandStorage.byteCount(masked.descriptor, extents: masked.request.extents, mode: .inference))
  }

  @Test("Bad input is named")
  func badInput() {
    func message(_ make: () throws -> BenchProblem) -> String {
      do {
        _ = try make()
        return ""
      } catch { return "\(error)" }
    }
    #expect(message { try problem([.queryHeads: 4, .queryLength: 8]) }.contains("head-dimension"))
    #expect(message { try problem([.queryLength: 4, .headDimension: 8]) }.contains("query-heads"))
    #expect(message { try problem(Self.sizes.merging([.rows: 3]) { $1 }) }.contains("rows"))
    #expect(message { try problem(Self.sizes.merging([.visiblePairs: 3]) { $1 }) }.contains("visible-pairs"))
    #expect(message { try problem(Self.sizes.merging([.batch: 0]) { $1 }) }.contains("1 or more"))
    #expect(message { try problem(Self.sizes.merging([.keyValueHeads: 3]) { $1 }) }.contains("multiple of the 3"))
    #expect(message { try problem(Self.sizes.merging([.headDimension: 513]) { $1 }) }.contains("512"))
    #expect(message { try problem { $0.softcap = -1 } }.contains("softcap"))
    #expect(message { try problem { $0.keyLengths = [25] } }.contains("key length"))
    #expect(message { try problem { $0.keyLengths = [1, 2] } }.contains("key lengths"))
    #expect(message { try problem(dropout: 1.5) }.contains("probability"))
    #expect(message { try problem(runs: 0) }.contains("runs"))
    let elsewhere = message {
      try BenchProblem(operatorName: "relu", extents: [.rows: 4, .columns: 4]) {
        $0.attention = AttentionProblem($0.extents)
      }
    }
    #expect(elsewhere.contains("attention"))
  }
}
