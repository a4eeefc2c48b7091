import Foundation
import Tessera
import TesseraReport
import Testing

/// The tiny layer's figures against counts by hand.
@Suite struct FigureTests {
  private let report: LayerReport

  init() throws { report = try tinyReport.get() }

  private func row(_ id: String) throws -> ReportRow { try #require(report.rows.first { $0.id == id }) }

  /// N = 32, I = 64, U = 128, B·H = 4, L = 32, P = 16; 4 bytes a number, 1 a mask element.
  private static let leastBytes = [
    "qkv": 4 * (32 * 64 + 192 * 64 + 32 * 192), "input-bias": 4 * (2 * 32 * 192 + 192),
    "qkt": 4 * (2 * 32 * 64 + 4 * 32 * 32), "softmax": 4 * (6 * 4096) + 4096,
    "gamma": 4 * (4 * 32 * 32 + 2 * 32 * 64), "out": 4 * (2 * 32 * 64 + 64 * 64),
    "out-bias": 4 * (2 * 2048 + 64), "out-dropout": 4 * 2 * 2048 + 2048, "residual-1": 4 * 3 * 2048,
    "layer-norm-1": 4 * (2 * 2048 + 2 * 64), "linear-1": 4 * (2048 + 128 * 64 + 4096),
    "ffn-bias": 4 * (2 * 4096 + 128), "relu": 4 * 2 * 4096, "ffn-dropout": 4 * 2 * 4096 + 4096,
    "linear-2": 4 * (4096 + 128 * 64 + 2048), "out2-bias": 4 * (2 * 2048 + 64), "out2-dropout": 4 * 2 * 2048 + 2048,
    "residual-2": 4 * 3 * 2048, "layer-norm-2": 4 * (2 * 2048 + 2 * 64),
  ]
  /// Input, residual, output and kept sum; bias, weight and shift; two statistics a row.
  private static let fusedLeastBytes = 4 * (4 * 2048 + 3 * 64 + 2 * 32)

  /// Q, K and V once each, output, and a log-sum-exp a query and head.
  private static let tiledLeastBytes = 4 * (4 * 2048 + 4 * 32)
  /// Scores, probabilities and dropped probabilities.
  private static let stagedLeastBytes = 4 * 3 * 4096

  @Test func leastBytesByHand() throws {
    #expect(try row("gamma").fused?.leastBytes == Self.tiledLeastBytes)
    #expect(try row("softmax").fused?.leastBytes == Self.stagedLeastBytes)
    // Input and bias as the row's; no row between the three, and no mask.
    #expect(try row("input-bias").fused?.leastBytes == 4 * (2 * 32 * 192 + 192))
    #expect(try row("ffn-dropout").fused?.leastBytes == 4 * (2 * 4096 + 128))
    for row in report.rows { #expect(row.unfused.leastBytes == Self.leastBytes[row.id], "\(row.id)") }
    #expect(try row("layer-norm-1").fused?.leastBytes == Self.fusedLeastBytes)
    #expect(try row("layer-norm-2").fused?.leastBytes == Self.fusedLeastBytes)
  }

  /// D is counted in the loops, and each work item loads what its rows share again: never below Q, and near it where
  /// one item does it all.
  @Test func countedBytes() {
    for row in report.rows {
      #expect(row.unfused.modelled == ["qkv", "out", "linear-1", "linear-2"].contains(row.id), "\(row.id)")
      #expect(row.fused?.modelled != true, "\(row.id)")
      #expect(row.unfused.bytes >= row.unfused.leastBytes, "\(row.id)")
      #expect(row.unfused.dataRatio <= 1 && row.unfused.dataRatio > 0.5, "\(row.id)")
      if row.unfused.modelled { #expect(row.unfused.bytes == row.unfused.leastBytes) }
    }
    #expect(report.totals!.unfusedBytes == report.rows.reduce(0) { $0 + $1.unfused.bytes })
    // All rows but none: the library's own kernels do every row's work in some sequence.
    #expect(report.rows.allSatisfy { !$0.kernels.isEmpty })
    for (attention, label) in [(LayerAttention.tiled, "TILED"), (.materialised, "SM")] {
      let covered = rows(coveredWith: label)
      let saved = covered.reduce(0) { $0 + $1.unfused.bytes } - fusedFigures(label).reduce(0) { $0 + $1.bytes }
      let totals = report.fused(attention)!.totals
      #expect(totals.fusedBytes == totals.unfusedBytes - saved, "\(label)")
      #expect(totals.unfusedBytes == report.totals!.unfusedBytes)
    }
    // Attention without stored scores moves less than with them.
    #expect(report.fused(.tiled)!.totals.fusedBytes < report.fused(.materialised)!.totals.fusedBytes)
    // Out-bias 4·(2·2048 + 64), dropout, residual and layer norm come to 85 KB, the fused kernel to 34.
    #expect(report.totals!.fusedBytes < report.totals!.unfusedBytes)
  }

  /// Every total says what of it was not counted, and what it is with linear maps at Q.
  @Test func totalsSayWhatIsModelled() throws {
    let linear = try ["qkv", "out", "linear-1", "linear-2"].map { try row($0) }
    let own = try linear.map { try #require($0.fused) }
    for row in linear { #expect(row.kernels == ["LINEAR"] && row.fused?.leastBytes == row.unfused.leastBytes) }
    for fused in report.fused {
      let totals = fused.totals
      #expect(totals.unfusedModelledBytes == linear.reduce(0) { $0 + $1.unfused.leastBytes })
      #expect(totals.fusedModelledBytes == 0)
      let above = own.reduce(0) { $0 + $1.bytes - $1.leastBytes }
      #expect(totals.fusedBytesLinearAsLeast == totals.fusedBytes - above && above >= 0)
    }
    let text = try report.rendered(as: .text)
    #expect(text.contains("of it modelled), tiled ") && text.contains("with linear maps at Q in both: tiled "))
  }

  /// Rows that a fused kernel of the sequence with this attention covers.
  private func rows(coveredWith label: String) -> [ReportRow] {
    report.rows.filter { row in [label, "LINEAR", "AIB", "BRD", "BDRLN"].contains { row.kernels.contains($0) } }
  }

  /// Figures of that sequence's fused kernels.
  private func fusedFigures(_ label: String) -> [KernelFigures] {
    let other = label == "TILED" ? "softmax" : "gamma"
    return report.rows.filter { $0.id != other }.compactMap(\.fused)
  }

  @Test func factorsMultiplyToTheMUE() {
    for figures in report.rows.flatMap({ [$0.unfused] + ($0.fused.map { [$0] } ?? []) }) {
      #expect(abs(figures.dataRatio * figures.bandwidthRatio * 100 - figures.mue) <= 1e-9 * figures.mue)
      #expect(figures.microseconds > 0 && figures.spread >= 0)
      #expect(figures.isComputeBound == (figures.percentOfPeak >= figures.mue))
    }
  }

  @Test func kindsFollowTheMix() throws {
    #expect(try row("out-bias").unfused.bandwidthKind == .copy)
    #expect(try row("residual-1").unfused.bandwidthKind == .twoToOne)
    #expect(try row("layer-norm-1").fused?.bandwidthKind == .copy)
    #expect(try row("linear-1").unfused.bandwidthKind == .twoToOne)
  }

  @Test func speedupsAndTotals() throws {
    let covered = ["out-bias", "out-dropout", "residual-1", "layer-norm-1"]
    let unfused = try covered.reduce(0) { try $0 + row($1).unfused.microseconds }
    let fused = try #require(try row("layer-norm-1").fused)
    #expect(abs(fused.speedup! - unfused / fused.microseconds) < 1e-9 * fused.speedup!)
    for (attention, label) in [(LayerAttention.tiled, "TILED"), (.materialised, "SM")] {
      let covered = Set(rows(coveredWith: label).map(\.id))
      let rest = report.rows.filter { !covered.contains($0.id) }.reduce(0) { $0 + $1.unfused.microseconds }
      let kernels = fusedFigures(label).reduce(0) { $0 + $1.microseconds }
      #expect(abs(report.fused(attention)!.totals.fusedMicroseconds - rest - kernels) < 1e-6, "\(label)")
    }
    let tiled = try #require(try row("gamma").fused)
    let replaced = try ["qkt", "softmax", "gamma"].reduce(0) { try $0 + row($1).unfused.microseconds }
    #expect(abs(tiled.speedup! - replaced / tiled.microseconds) < 1e-9 * tiled.speedup!)
    #expect(report.totals == report.fused(.tiled)!.totals)
    #expect(report.totals!.speedup == report.totals!.unfusedMicroseconds / report.totals!.fusedMicroseconds)
  }

  @Test func boundsAreOfTheRowsThatAreNoContractions() throws {
    for row in report.rows {
      #expect((row.unfused.boundMicroseconds != nil) == (row.operatorClass != .tensorContraction))
      #expect(row.fused?.boundMicroseconds == nil && row.unfused.speedup == nil)
    }
    let machine = report.machine
    let bandwidth = Double(Self.leastBytes["out-dropout"]!) / machine.peakBandwidth[.copy]! / 1000
    let draws = 2048 / machine.dropoutDecisionsPerSecond * 1e6
    #expect(abs(try row("out-dropout").unfused.boundMicroseconds! - max(bandwidth, draws)) < 1e-9)
  }

  @Test func ledgerCost() {
    #expect(report.ledger.updates > 0)
    #expect(report.ledger.records == 21)
    #expect(report.ledger.nanosecondsPerUpdate > 0 && report.ledger.nanosecondsPerRecord > 0)
  }

  @Test func noRunsIsAnError() throws {
    #expect(throws: TesseraError.self) {
      try measured(LayerTable(tinyProblem()), runs: 0)
    }
  }

  /// The unfused sequence alone has no totals of others, and is still rendered.
  @Test func nothingFused() throws {
    let report = try measuredReport(on: [], runs: 1)
    #expect(report.totals == nil && report.endToEnd == nil && report.full == nil && report.leading == nil)
    #expect(report.rows.allSatisfy { $0.kernels.isEmpty && $0.fused == nil && $0.fullKernel == nil && $0.full == nil })
    for format in ReportFormat.allCases { #expect(try !report.rendered(as: format).isEmpty) }
  }

  /// What a kernel on a product saves of the paper's sequence is of the same rows, whatever its attention.
  @Test func theFullTableComparesTheSameRows() throws {
    let report = try measuredReport(on: [.paper(.materialised), .full], runs: 1)
    let paper = ["qkt", "softmax", "gamma"].reduce(0.0) { sum, id in
      let row = report.rows.first { $0.id == id }!
      return sum + (row.kernels.isEmpty ? row.unfused.microseconds : row.fused?.microseconds ?? 0)
    }
    let ratio = paper / report.rows.first { $0.id == "gamma" }!.full!.microseconds
    let lines = try report.rendered(as: .text).split(separator: "\n")
    let full = lines.drop { !$0.contains("Full fusion") }
    let gamma = try #require(full.first { $0.contains(" gamma ") && $0.contains("TILED") })
    #expect(gamma.hasSuffix(String(format: " %.2f", ratio)), "\(gamma)")
  }

  @Test func oneWayOfAttentionAlone() throws {
    let tiled = try measuredReport(on: [.paper(.tiled)], runs: 1)
    #expect(tiled.fused.map(\.fusion) == [.paper(.tiled)] && tiled.fused(.materialised) == nil)
    #expect(tiled.rows.first { $0.id == "softmax" }?.kernels == ["TILED"])
    #expect(tiled.rows.first { $0.id == "softmax" }?.fused == nil)
    let materialised = try measuredReport(on: [.paper(.materialised)], runs: 1)
    #expect(materialised.rows.first { $0.id == "softmax" }?.kernels == ["SM"])
    #expect(materialised.rows.first { $0.id == "gamma" }?.kernels == [])
    // What ran is what totals are of.
    #expect(materialised.totals == materialised.fused(.materialised)?.totals)
    #expect(materialised.totals!.fusedBytes == report.fused(.materialised)?.totals.fusedBytes)
    for format in ReportFormat.allCases {
      #expect(try !tiled.rendered(as: format).isEmpty && !materialised.rendered(as: format).isEmpty)
    }
  }
}
