import Foundation
import Tessera
import TesseraReport
import Testing

@Suite struct BenchTests {
  private static func context(threadCount: Int = 2) throws -> ExecutionContext {
    ExecutionContext(pool: try WorkerPool(threadCount: threadCount))
  }

  /// Small arrays: no test depends on how fast anything is.
  private static func bench(
    _ problem: BenchProblem, threadCount: Int = 2, coldByteCount: Int = 4 << 20
  ) throws -> BenchResult {
    let context = try context(threadCount: threadCount)
    return try OperatorBench(
      context: context, measurement: smallMeasurement(context), roundsPerSample: 1, coldByteCount: coldByteCount
    ).run(problem)
  }

  @Test("Statistics of odd, even and single numbers of samples")
  func statistics() {
    let odd = RunStatistics([3, 1, 2])
    #expect((odd.median, odd.minimum, odd.maximum) == (2, 1, 3))
    #expect(odd.spread == 1)
    #expect(RunStatistics([4, 1, 2, 3]).median == 2.5)
    #expect(RunStatistics([7]).spread == 0)
    #expect(RunStatistics([0, 0]).spread == 0)
  }

  @Test("The JSON has its keys, and figures that hang together")
  func json() throws {
    let problem = try BenchProblem(
      operatorName: "BdRlN", extents: [.rows: 64, .columns: 96], runs: 5
    ) { $0.dropProbability = 0.25 }
    var result = try Self.bench(problem)
    let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(result))
    let object = try #require(encoded as? [String: Any])
    let numbers = [
      "medianMicroseconds", "minimumMicroseconds", "maximumMicroseconds", "spread", "gflops", "percentOfPeak",
      "gigabytesPerSecond", "mue", "dataRatio", "bandwidthRatio", "bytes", "leastBytes", "workspaceBytes",
      "bandwidthBoundMicroseconds", "generatorBoundMicroseconds", "boundMicroseconds", "timesBound", "counterUpdates",
      "counterPercent", "operandSets", "threads", "runs",
    ]
    for key in numbers { #expect((object[key] as? Double).map(\.isFinite) == true, "\(key)") }
    for key in ["operator", "label", "mode", "isa", "bandwidthKind"] { #expect(object[key] is String, "\(key)") }
    for key in ["isWarm", "modelled"] { #expect(object[key] is Bool, "\(key)") }
    let options = try #require(object["options"] as? [String: Any])
    #expect(options.keys.sorted() == ["dropout", "epsilon", "hasBias", "inPlace", "returnsSum"])
    for key in ["inPlace", "hasBias", "returnsSum"] { #expect(options[key] is Bool, "\(key)") }
    #expect(options["dropout"] as? Double == 0.25)
    #expect((object["extents"] as? [String: Int]) == ["rows": 64, "columns": 96])
    #expect((object["peaks"] as? [String: Double])?.count == 3)

    #expect(result.minimumMicroseconds <= result.medianMicroseconds)
    #expect(result.medianMicroseconds <= result.maximumMicroseconds)
    #expect(result.bytes >= result.leastBytes)
    #expect(isClose(result.mue, result.dataRatio * result.bandwidthRatio * 100))
    let seconds = result.medianMicroseconds / 1e6
    #expect(isClose(result.gigabytesPerSecond, Double(result.bytes) / seconds / 1e9))
    #expect(isClose(result.mue, result.bandwidthBoundMicroseconds / result.medianMicroseconds * 100))
    let generator = try #require(result.generatorBoundMicroseconds)
    #expect(result.boundMicroseconds == max(result.bandwidthBoundMicroseconds, generator))
    #expect(result.text.contains("BDRLN") && result.text.contains("steadiness"))
    #expect(object["steadiness"] is [String: Double])
    result.steadiness = MachineSteadiness(slices: [[10, 10], [10, 10], [4, 4]], threads: 2)
    #expect(
      result.text.contains(
        "steadiness 80.0 %; multiply-adds that load: 20.0 GFLOP/s at best; DISTURBED in 1 of 3 rounds"))
    result.steadiness = MachineSteadiness(slices: [[10, 10]], threads: 2)
    #expect(!result.text.contains("DISTURBED"))
  }

  @Test("Calls without a bias, that return the sum, and that rotate a part in place")
  func callsThatVary() throws {
    let extents: [Extent: Int] = [.rows: 64, .columns: 96]
    let sum = try BenchProblem(
      operatorName: "bias-dropout-residual-rms-norm", extents: extents, mode: .inference, runs: 1
    ) { ($0.hasBias, $0.returnsSum) = (false, true) }
    let result = try Self.bench(sum)
    #expect(result.leastBytes == 4 * 64 * 96 * 4 + 96 * 4)
    #expect(result.text.contains("no bias") && result.text.contains("sum returned"))
    for inTokenRows in [false, true] {
      let part = try BenchProblem(
        operatorName: "rotary-embedding", extents: [.planes: 3, .rows: 64, .columns: 96], runs: 1
      ) {
        ($0.rotary.pairing, $0.rotary.rotatedColumns, $0.isInPlace) = (.halfSplit, 32, true)
        if inTokenRows { $0.placeHeadsInTokenRows(of: .rotaryEmbedding) }
      }
      let partly = try Self.bench(part)
      #expect(partly.leastBytes == 2 * 3 * 64 * 32 * 4 + 64 * 32 * 4)
      #expect(partly.options["pairing"] == .text("half-split") && partly.options["rotatedColumns"] == .integer(32))
      #expect(partly.options["inTokenRows"] == .flag(inTokenRows))
      let append = try BenchProblem(
        operatorName: "cache-append",
        extents: [.batch: 2, .queryLength: 30, .keyValueHeads: 3, .headDimension: 24, .valueDimension: 20],
        runs: 1
      ) {
        $0.rotary.rotatedColumns = 16
        if inTokenRows { $0.placeHeadsInTokenRows(of: .cacheAppend(.float32)) }
      }
      let appended = try Self.bench(append)
      #expect(appended.leastBytes == 2 * 60 * 3 * 44 * 4 + 30 * 16 * 4)
      #expect(appended.options["pairing"] == .text("interleaved") && appended.options["rotatedColumns"] == .integer(16))
    }
  }

  private func isClose(_ left: Double, _ right: Double) -> Bool { abs(left - right) <= 1e-9 * abs(right) }

  /// The mix of each operator's own least bytes; the layer's figures divide by these.
  static let kinds: [(String, BandwidthKind)] = [
    ("bias", .copy), ("scale", .copy), ("relu", .copy), ("dropout", .copy), ("residual", .twoToOne), ("softmax", .copy),
    ("layer-norm", .copy), ("BDRLN", .copy), ("SM", .oneToTwo),
  ]

  @Test("Every operator of two extents is timed, cold and warm, with its kind of bandwidth", arguments: kinds)
  func operators(name: String, kind: BandwidthKind) throws {
    for isWarm in [false, true] {
      let problem = try BenchProblem(
        operatorName: name, extents: [.rows: 128, .columns: 128], isWarm: isWarm, runs: 2)
      let result = try Self.bench(problem, threadCount: 1)
      #expect(result.bandwidthKind == kind)
      #expect(result.operandSets > 1 || isWarm)
      #expect(result.medianMicroseconds > 0)
      #expect(!result.modelled)
    }
  }

  @Test("Cold calls rotate over what was asked for; the caches are swept where that would take very many sets")
  func rotation() throws {
    let problem = try BenchProblem(operatorName: "relu", extents: [.rows: 64, .columns: 128], runs: 1)
    // A set reads and writes 32 KiB each.
    #expect(try Self.bench(problem, coldByteCount: 1 << 20).operandSets == 16 + 2)
    #expect(try Self.bench(problem, coldByteCount: 1 << 10).operandSets == 2)
    #expect(try Self.bench(problem, coldByteCount: 64 << 20).operandSets == 64)
  }

  @Test("In place and inference have their own mixes and draw nothing that they should not")
  func variations() throws {
    let extents: [Extent: Int] = [.rows: 64, .columns: 64]
    let inPlace = try BenchProblem(operatorName: "relu", extents: extents, runs: 2) { $0.isInPlace = true }
    #expect(try Self.bench(inPlace).bandwidthKind == .inPlace)
    let inference = try BenchProblem(operatorName: "bdrln", extents: extents, mode: .inference, runs: 2)
    let result = try Self.bench(inference)
    #expect(result.bandwidthKind == .twoToOne)
    #expect(result.generatorBoundMicroseconds == nil)
    let identity = try BenchProblem(operatorName: "dropout", extents: extents, runs: 1) { $0.dropProbability = 0 }
    #expect(try Self.bench(identity).generatorBoundMicroseconds == nil)
  }

  @Test("Stored scores have a mask")
  func mask() throws {
    let problem = try BenchProblem(operatorName: "SM", extents: [.rows: 64, .columns: 64], runs: 1) {
      $0.mask = .causal(alignment: .topLeft)
    }
    let result = try Self.bench(problem)
    #expect(result.options["mask"] == .text("causal") && result.text.contains("mask causal from the first key"))
  }

  @Test("Contractions: bytes are counted, weights packed or not, planes may be left out or not")
  func contractions() throws {
    for packsWeights in [false, true] {
      let linear = try BenchProblem(
        operatorName: "linear", extents: [.rows: 32, .columns: 32, .depth: 32], runs: 1
      ) { $0.packsWeights = packsWeights }
      let result = try Self.bench(linear)
      #expect(!result.modelled)
      #expect(result.bytes == result.leastBytes)
    }
    for transposesRight in [false, true] {
      let batched = try BenchProblem(
        operatorName: "batched-contraction", extents: [.planes: 2, .rows: 32, .columns: 48, .depth: 16],
        runs: 1
      ) { $0.transposesRight = transposesRight }
      #expect(try Self.bench(batched).gflops > 0)
    }
  }

  @Test("Bad input is named")
  func badInput() {
    func message(_ make: () throws -> BenchProblem) -> String {
      do {
        _ = try Self.bench(make())
        return ""
      } catch { return "\(error)" }
    }
    let sizes: [Extent: Int] = [.rows: 4, .columns: 4]
    let unknown = message { try BenchProblem(operatorName: "attenuation", extents: sizes) }
    #expect(
      unknown.contains("attenuation") && OperatorCatalog.entries.allSatisfy { unknown.contains($0.descriptor.name) })
    #expect(message { try BenchProblem(operatorName: "relu", extents: [.rows: 4]) }.contains("columns"))
    #expect(message { try BenchProblem(operatorName: "relu", extents: [.rows: -4, .columns: 4]) }.contains("-4"))
    #expect(message { try BenchProblem(operatorName: "relu", extents: [.rows: 0, .columns: 4]) }.contains("1 or more"))
    let extra = message {
      try BenchProblem(operatorName: "linear", extents: [.rows: 4, .columns: 4, .depth: 4, .planes: 2])
    }
    #expect(extra.contains("planes"))
    let tooLarge = message { try BenchProblem(operatorName: "relu", extents: [.rows: .max, .columns: 2]) }
    #expect(tooLarge.contains("relu") && tooLarge.contains("memory"))
    let tooMuch = message { try BenchProblem(operatorName: "relu", extents: [.rows: 1 << 20, .columns: 1 << 24]) }
    #expect(tooMuch.contains("allocate"))
    for probability in [-0.1, 1.5, .nan] {
      let wrong = message {
        try BenchProblem(operatorName: "dropout", extents: sizes) { $0.dropProbability = probability }
      }
      #expect(wrong.contains("probability"))
    }
    #expect(
      message { try BenchProblem(operatorName: "relu", extents: sizes) { $0.dropProbability = 0.1 } }.contains(
        "dropout"))
    #expect(message { try BenchProblem(operatorName: "relu", extents: sizes, runs: 0) }.contains("runs"))
    #expect(
      message { try BenchProblem(operatorName: "relu", extents: sizes) { $0.transposesRight = true } }
        .contains("transposed"))
    let apart = message {
      try BenchProblem(operatorName: "linear", extents: [.rows: 4, .columns: 4, .depth: 4]) { $0.isInPlace = true }
    }
    #expect(apart.contains("output"))
    #expect(
      message { try BenchProblem(operatorName: "bias", extents: sizes) { $0.hasBias = false } }
        .contains("bias: expected none"))
    #expect(
      message { try BenchProblem(operatorName: "rms-norm", extents: sizes) { $0.returnsSum = true } }.contains("sum"))
    #expect(
      message { try BenchProblem(operatorName: "relu", extents: sizes) { $0.rotary = .init() } }.contains("rotary"))
    #expect(
      message { try BenchProblem(operatorName: "relu", extents: sizes) { $0.activation = .relu } }
        .contains("activation"))
    #expect(
      message { try BenchProblem(operatorName: "relu", extents: sizes) { $0.weightType = .float32 } }
        .contains("stored"))
    let odd = message {
      let problem = try BenchProblem(
        operatorName: "rotary-embedding", extents: sizes
      ) { $0.rotary.rotatedColumns = 3 }
      return problem
    }
    #expect(odd.contains("rotated columns"))
  }

  @Test("The machine's JSON has its keys")
  func machine() throws {
    let context = try Self.context()
    let summary = MachineSummary(
      context: context, peaks: try smallMeasurement(context).peaks)
    let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(summary))
    let object = try #require(encoded as? [String: Any])
    for key in ["cpu", "isa", "openblasCore", "openblasConfiguration"] { #expect(object[key] is String, "\(key)") }
    for key in [
      "processors", "threads", "fastMemoryBytes", "coldBytes", "dropoutDecisionsPerSecond", "ledgerUpdateNanoseconds",
      "rounds",
    ] {
      #expect((object[key] as? Double).map { $0 > 0 } == true, "\(key)")
    }
    #expect((object["peakGflops"] as? [String: Double])?["f32"] != nil)
    let kinds = Set(["read", "inPlace", "copy", "twoToOne", "oneToTwo"])
    #expect((object["peakBandwidthGBps"] as? [String: Double]).map { Set($0.keys) } == kinds)
    #expect((object["plainBandwidthGBps"] as? [String: Double]).map { Set($0.keys) } == kinds)
    #expect((object["kernelVariants"] as? [String: String])?["softmax"] == context.instructionSet.rawValue)
    #expect((object["instructionSets"] as? [String])?.first == "portable")
    #expect(summary.text.contains(try #require(summary.openblasCore)))
    let steadinessKeys: Set = ["percent", "rounds", "disturbedRounds", "loadedGflops"]
    #expect((object["steadiness"] as? [String: Double]).map { Set($0.keys) } == steadinessKeys)
    #expect(["environment", "measurement", "cacheSizes"].contains(object["fastMemoryOrigin"] as? String))
    #expect(object["workingSets"] == nil)
  }
}
