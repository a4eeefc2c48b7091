import Foundation
import Tessera
import TesseraReport
import Testing

@Suite struct SweepTests {
  /// Points on two lines give the two lines, whatever lies where they meet.
  @Test(arguments: [(100.0, 5.0), (3, 0.25), (1e-3, 1e-6)]) func theFitFindsBothLines(floor: Double, slope: Double) {
    let points = (0..<14).map { Double(1 << $0) }.map { (tokens: $0, time: max(floor, slope * $0)) }
    let fit = TwoLineFit(points)
    #expect(abs(fit.floor / floor - 1) < 1e-9 && abs(fit.slope / slope - 1) < 1e-9)
    #expect(abs(fit.ridge / (floor / slope) - 1) < 1e-9 && fit.error < 1e-9)
  }

  /// a + b · tokens has its knee where both parts are equal; the fit sees it within a quarter of an octave.
  @Test func theFitOfASmoothCurve() {
    let fit = TwoLineFit((0..<14).map { Double(1 << $0) }.map { (tokens: $0, time: 64 + $0) })
    #expect(abs(log2(fit.ridge / 64)) < 0.25 && fit.error > 0.05 && fit.error < 0.3)
  }

  @Test func problems() throws {
    let problem = try SweepProblem(hidden: 8, feedforward: 32, limit: 100)
    #expect(problem.tokens == [1, 2, 4, 8, 16, 32, 64])
    #expect(problem.parameters == 4 * 64 + 2 * 8 * 32)
    #expect(problem.weightBytes == 4 * problem.parameters)
    #expect(try SweepProblem(limit: 64).tokens.last == 64)
    #expect(throws: TesseraError.self) { try SweepProblem(limit: 7) }
    #expect(throws: TesseraError.self) { try SweepProblem(hidden: 0) }
    #expect(throws: TesseraError.self) { try SweepProblem(hidden: 1 << 30, feedforward: 1 << 30) }
    #expect(throws: TesseraError.self) { try SweepProblem(memoryLimit: 1 << 20) }
    #expect(throws: TesseraError.self) {
      try TokenSweep(problem, runs: 0, context: try context())
    }
  }

  @Test func figuresFollowFromTimes() throws {
    let sweep = try tinySweep.get()
    let (problem, machine) = (sweep.problem, sweep.machine)
    #expect(sweep.points.map(\.tokens) == [1, 2, 4, 8])
    for point in sweep.points {
      #expect(point.microseconds > 0 && point.spread >= 0)
      let operations = Double(2 * problem.parameters * point.tokens)
      #expect(abs(point.gflops * point.microseconds * 1e3 / operations - 1) < 1e-9)
      #expect(abs(point.percentOfPeak / (point.gflops / machine.peakGflops * 100) - 1) < 1e-9)
      #expect(abs(point.weightGigabytesPerSecond * point.microseconds * 1e3 / Double(problem.weightBytes) - 1) < 1e-9)
    }
    let predicted = machine.peakGflops * 4 / (2 * machine.peakBandwidth[.read]!)
    #expect(abs(sweep.predictedRidge / predicted - 1) < 1e-12)
    #expect(abs(sweep.predictedRidge / (sweep.weightReadMicroseconds / sweep.peakMicrosecondsPerToken) - 1) < 1e-9)
    // All layers together exceed what calls rotate over to be cold.
    #expect(sweep.layerCount * problem.weightBytes > CacheSizes.currentColdByteCount)
  }

  @Test func json() throws {
    let text = try tinySweep.get().rendered(as: .json)
    let root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(
      Set(root.keys) == ["sweep", "machine", "problem", "runs", "callsPerRun", "layers", "points", "ridge"])
    #expect(root["sweep"] as? String == "tokens")
    #expect(
      Set(try #require(root["problem"] as? [String: Any]).keys) == [
        "hidden", "feedforward", "parameters", "bytesPerParameter", "weightBytes",
      ])
    #expect(
      Set(try #require(root["ridge"] as? [String: Any]).keys) == [
        "predictedTokens", "measuredTokens", "weightReadMicroseconds", "floorMicroseconds", "peakMicrosecondsPerToken",
        "microsecondsPerToken", "fitError",
      ])
    for point in try #require(root["points"] as? [[String: Any]]) {
      #expect(
        Set(point.keys) == [
          "tokens", "microseconds", "spread", "gflops", "percentOfPeak", "weightGigabytesPerSecond",
        ])
    }
  }

  @Test func otherFormats() throws {
    let sweep = try tinySweep.get()
    let text = try sweep.rendered(as: .text)
    for word in ["ridge, predicted:", "ridge, measured:", "machine:", "in turn"] { #expect(text.contains(word)) }
    for line in text.split(separator: "\n") { #expect(line.count <= 165, "\(line)") }
    let lines = try sweep.rendered(as: .csv).split(separator: "\r\n").map { csvFields(String($0)) }
    #expect(lines.count == 5 && lines.allSatisfy { $0.count == lines[0].count })
    #expect(Double(lines[1][1]) == sweep.points[0].microseconds)
    #expect(try sweep.rendered(as: .markdown).contains("| tokens |"))
  }
}
