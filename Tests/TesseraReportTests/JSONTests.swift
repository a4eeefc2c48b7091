import Foundation
import TesseraReport
import Testing

/// The object that docs/measuring.md describes, key by key.
@Suite struct JSONTests {
  private let root: [String: Any]

  init() throws {
    let text = try tinyReport.get().rendered(as: .json)
    root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func object(_ key: String) throws -> [String: Any] { try #require(root[key] as? [String: Any], "\(key)") }

  private static let figures: Set<String> = [
    "microseconds", "spread", "percentOfPeak", "mue", "dataRatio", "bandwidthRatio", "bandwidthKind", "bytes",
    "leastBytes", "modelled",
  ]

  /// Fused kernels by the rows that they cover.
  private static let kernels: [String: [String]] = [
    "qkv": ["LINEAR"], "input-bias": ["AIB"], "out": ["LINEAR"], "linear-1": ["LINEAR"], "linear-2": ["LINEAR"],
    "qkt": ["TILED"], "softmax": ["TILED", "SM"], "gamma": ["TILED"],
    "out-bias": ["BDRLN"], "out-dropout": ["BDRLN"], "residual-1": ["BDRLN"], "layer-norm-1": ["BDRLN"],
    "ffn-bias": ["BRD"], "relu": ["BRD"], "ffn-dropout": ["BRD"],
    "out2-bias": ["BDRLN"], "out2-dropout": ["BDRLN"], "residual-2": ["BDRLN"], "layer-norm-2": ["BDRLN"],
  ]

  /// Kernels on products by the rows that they cover.
  private static let fullKernels: [String: [String]] = [
    "L-AIB": ["qkv", "input-bias"], "TILED": ["qkt", "softmax", "gamma"],
    "L-BDRLN": [
      "out", "out-bias", "out-dropout", "residual-1", "layer-norm-1", "linear-2", "out2-bias", "out2-dropout",
      "residual-2", "layer-norm-2",
    ], "L-BRD": ["linear-1", "ffn-bias", "relu", "ffn-dropout"],
  ]

  @Test func topLevel() {
    #expect(
      Set(root.keys) == [
        "machine", "problem", "runs", "attention", "rows", "classes", "totals", "totalsMaterialised", "totalsFull",
        "endToEnd", "endToEndMaterialised", "endToEndFull", "ledger", "paper",
      ])
    #expect(root["attention"] as? [String] == ["tiled", "materialised"])
    #expect(root["runs"] as? Int == 2)
  }

  @Test func machine() throws {
    let machine = try object("machine")
    // What is said of OpenBLAS where it did not choose well is not on every machine.
    #expect(
      Set(machine.keys).subtracting(["openblasReplacedCore", "openblasWarning"]) == [
        "cpu", "threads", "isa", "openblasCore", "peakGflops", "peakBandwidthGBps", "generatorDecisionsPerSecond",
        "fastMemoryBytes", "steadiness",
      ])
    #expect(machine["threads"] as? Int == 2)
    let peaks = try #require(machine["peakGflops"] as? [String: Double])
    #expect(Set(peaks.keys) == ["f32"])
    let bandwidth = try #require(machine["peakBandwidthGBps"] as? [String: Double])
    #expect(Set(bandwidth.keys) == ["read", "inPlace", "copy", "twoToOne", "oneToTwo"])
    #expect((Array(peaks.values) + Array(bandwidth.values)).allSatisfy { $0 > 0 })
  }

  @Test func problem() throws {
    let problem = try object("problem")
    #expect(
      Set(problem.keys) == [
        "batch", "length", "hidden", "heads", "feedforward", "dropout", "seed", "pass", "mode",
      ])
    #expect(problem["batch"] as? Int == 1)
    #expect(problem["feedforward"] as? Int == 128)
    #expect(problem["dropout"] as? Double == 0.25)
    #expect(problem["pass"] as? String == "forward")
    #expect(problem["mode"] as? String == "training")
  }

  @Test func rows() throws {
    let rows = try #require(root["rows"] as? [[String: Any]])
    #expect(rows.compactMap { $0["id"] as? String } == PaperRow.forward.map(\.id))
    for row in rows {
      #expect(
        Set(row.keys) == [
          "id", "pass", "operator", "class", "gflop", "inputElements", "outputElements", "unfused", "kernels", "fused",
          "fullKernel", "full", "paper",
        ])
      #expect(row["pass"] as? String == "forward")
      let isContraction = row["class"] as? String == "tensor contraction"
      let unfused = try #require(row["unfused"] as? [String: Any])
      #expect(Set(unfused.keys) == (isContraction ? Self.figures : Self.figures.union(["boundMicroseconds"])))
      let kernels = try #require(row["kernels"] as? [String])
      let id = try #require(row["id"] as? String)
      #expect(kernels == Self.kernels[id] ?? [])
      if [
        "qkv", "input-bias", "softmax", "gamma", "out", "layer-norm-1", "linear-1", "ffn-dropout", "linear-2",
        "layer-norm-2",
      ].contains(id) {
        let fused = try #require(row["fused"] as? [String: Any])
        #expect(Set(fused.keys) == Self.figures.union(["speedup"]))
      } else {
        #expect(row["fused"] is NSNull)
      }
      let full = try #require(row["fullKernel"] as? String)
      #expect(Self.fullKernels[full]?.contains(id) == true)
      if ["input-bias", "gamma", "layer-norm-1", "ffn-dropout", "layer-norm-2"].contains(id) {
        let figures = try #require(row["full"] as? [String: Any])
        #expect(Set(figures.keys) == Self.figures.union(["speedup"]) && figures["modelled"] as? Bool == false)
      } else {
        #expect(row["full"] is NSNull)
      }
    }
  }

  @Test func classesAndTotals() throws {
    for sequence in ["unfused", "fused", "fusedMaterialised", "fusedFull"] {
      let classes = try #require(try object("classes")[sequence] as? [String: [String: Double]])
      #expect(Set(classes.keys) == ["tensor contraction", "statistical normalization", "element-wise"])
      #expect(classes.values.allSatisfy { Set($0.keys) == ["flopPercent", "runtimePercent"] })
    }
    for suffix in ["", "Materialised", "Full"] {
      #expect(
        Set(try object("totals" + suffix).keys) == [
          "unfusedMicroseconds", "fusedMicroseconds", "speedup", "unfusedBytes", "fusedBytes", "unfusedModelledBytes",
          "fusedModelledBytes", "fusedBytesLinearAsLeast", "unfusedLeastBytes", "fusedLeastBytes",
        ])
      let endToEnd = [
        "unfusedMicroseconds", "unfusedSpread", "fusedMicroseconds", "fusedSpread", "speedup",
      ]
      // The paper's first sequence has no ratio to itself.
      #expect(
        Set(try object("endToEnd" + suffix).keys) == Set(endToEnd + (suffix.isEmpty ? [] : ["paperRatio"])))
    }
    #expect(
      Set(try object("ledger").keys) == [
        "updates", "nanosecondsPerUpdate", "records", "nanosecondsPerRecord", "percentOfRunTime",
      ])
  }

  @Test func theLibrarysLayerHasKeysWhereItRan() throws {
    let report = try LayerReport(
      measured(LayerTable(tinyProblem()), fusions: [.paper(.tiled)], encoderLayer: true, runs: 2))
    let text = try report.rendered(as: .json)
    let root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let layer = try #require(root["layer"] as? [String: Double])
    #expect(
      Set(layer.keys) == [
        "trainingMicroseconds", "trainingSpread", "inferenceMicroseconds", "inferenceSpread", "fusedRatio",
      ])
    #expect(layer.values.allSatisfy { $0 >= 0 } && layer["fusedRatio"]! > 0)
    #expect(try report.rendered(as: .text).contains("EncoderLayer: training"))
    // The tiny report ran without it.
    #expect(root.count == self.root.count - 3)
    #expect(self.root["layer"] == nil)
  }

  @Test func keysOfWhatDidNotRunAreAbsent() throws {
    func keys(_ fusion: LayerFusion) throws -> (top: Set<String>, classes: Set<String>) {
      let text = try measuredReport(on: [fusion], runs: 1).rendered(as: .json)
      let root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      return (Set(root.keys), Set(try #require(root["classes"] as? [String: Any]).keys))
    }
    let tiled = try keys(.paper(.tiled))
    #expect(tiled.top.isDisjoint(with: ["totalsMaterialised", "endToEndMaterialised", "totalsFull", "endToEndFull"]))
    #expect(tiled.top.isSuperset(of: ["totals", "endToEnd"]))
    #expect(tiled.classes == ["unfused", "fused"])
    let materialised = try keys(.paper(.materialised))
    #expect(materialised.top.isSuperset(of: ["totals", "totalsMaterialised", "endToEndMaterialised"]))
    #expect(materialised.classes == ["unfused", "fused", "fusedMaterialised"])
    let full = try keys(.full)
    #expect(full.top.isSuperset(of: ["totalsFull", "endToEndFull"]))
    #expect(full.top.isDisjoint(with: ["totals", "endToEnd", "totalsMaterialised", "endToEndMaterialised"]))
    #expect(full.classes == ["unfused", "fusedFull"])
  }
}
