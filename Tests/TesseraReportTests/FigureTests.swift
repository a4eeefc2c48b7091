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

  @Test func leastBytesByHand() throws {
    for row in report.rows { #expect(row.unfused.leastBytes == Self.leastBytes[row.id], "\(row.id)") }
    #expect(try row("layer-norm-1").fused?.leastBytes == Self.fusedLeastBytes)
    #expect(try row("layer-norm-2").fused?.leastBytes == Self.fusedLeastBytes)
  }

  /// D is counted in the loops, and each work item loads what its rows share again: never below Q, and near it where
  /// one item does it all.
  @Test func countedBytes() {
    for row in report.rows {
      #expect(row.unfused.modelled == ["qkv", "out", "linear-1", "linear-2"].contains(row.id), "\(row.id)")
      #expect(row.unfused.bytes >= row.unfused.leastBytes, "\(row.id)")
      #expect(row.unfused.dataRatio <= 1 && row.unfused.dataRatio > 0.5, "\(row.id)")
      if row.unfused.modelled { #expect(row.unfused.bytes == row.unfused.leastBytes) }
    }
    #expect(report.totals.unfusedBytes == report.rows.reduce(0) { $0 + $1.unfused.bytes })
    let covered = report.rows.filter { !$0.kernels.isEmpty }
    #expect(covered.count == 8)
    let saved = covered.reduce(0) { $0 + $1.unfused.bytes - ($1.fused?.bytes ?? 0) }
    #expect(report.totals.fusedBytes == report.totals.unfusedBytes - saved)
    // Out-bias 4·(2·2048 + 64), dropout, residual and layer norm come to 85 KB, the fused kernel to 34.
    #expect(report.totals.fusedBytes < report.totals.unfusedBytes)
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
    let rows = report.rows.reduce(0) {
      $0 + ($1.fused?.microseconds ?? ($1.kernels.isEmpty ? $1.unfused.microseconds : 0))
    }
    #expect(abs(report.totals.fusedMicroseconds - rows) < 1e-6)
    #expect(report.totals.speedup == report.totals.unfusedMicroseconds / report.totals.fusedMicroseconds)
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
      try LayerMeasurement(LayerTable(tinyProblem()), runs: 0, context: context())
    }
  }
}
