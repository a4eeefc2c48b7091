import Foundation
import Tessera
import TesseraReport
import Testing

/// A report on both passes, with the library's own layer.
@Suite struct TrainingStepReportTests {
  private static func report(_ pass: LayerPass, fusions: [LayerFusion] = allFusions) throws -> LayerReport {
    try LayerReport(measured(LayerTable(tinyProblem(), pass: pass), fusions: fusions, encoderLayer: true, runs: 2))
  }

  private static func json(_ report: LayerReport) throws -> [String: Any] {
    let text = try report.rendered(as: .json)
    return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func theStepHasTimesAndBytes() throws {
    let report = try Self.report(.both, fusions: [.full])
    let step = try #require(report.encoderLayer?.step)
    #expect(step.microseconds > 0 && step.backwardMicroseconds > 0)
    #expect(step.bytes >= step.leastBytes && step.backwardBytes >= step.backwardLeastBytes)
    #expect(step.leastBytes > step.backwardLeastBytes && step.keptBytes > 0)
    // The full sequence is what the layer runs.
    #expect(step.bytes == report.full?.totals.fusedBytes)
    #expect(step.leastBytes == report.full?.totals.fusedLeastBytes)
    let root = try Self.json(report)
    let layer = try #require(root["layer"] as? [String: Any])
    #expect(
      Set(try #require(layer["step"] as? [String: Double]).keys) == [
        "backwardMicroseconds", "backwardSpread", "microseconds", "spread", "bytes", "leastBytes", "backwardBytes",
        "backwardLeastBytes", "keptBytes",
      ])
    #expect((root["problem"] as? [String: Any])?["pass"] as? String == "both")
    #expect(try report.rendered(as: .text).contains("EncoderLayer, training step: "))
  }

  @Test func backwardRowsSayWhatThePaperSays() throws {
    let report = try Self.report(.both)
    let rows = try #require(try Self.json(report)["rows"] as? [[String: Any]])
    #expect(rows.count == PaperRow.forward.count + PaperGradient.all.count)
    for row in rows.dropFirst(PaperRow.forward.count) {
      #expect(row["pass"] as? String == "backward")
      let id = try #require(row["id"] as? String)
      let paper = try #require(row["paper"] as? [String: Any])
      #expect(paper["kernel"] as? String == PaperGradient.all[id]?.kernel)
      #expect(paper["gflop"] as? Double == PaperGradient.all[id]?.gflop)
      #expect(paper["pytorchMicroseconds"] == nil)
    }
    let attention = try #require(rows.first { $0["id"] as? String == "softmax-dx" })
    #expect(attention["kernels"] as? [String] == ["TILED", "BS"] && attention["fullKernel"] as? String == "TILED")
  }

  /// Contractions are nearly all FLOPs of both passes.
  @Test func sharesAreOfBothPasses() throws {
    let layer = LayerTable(try LayerProblem(pass: .both, memoryLimit: .max), pass: .both)
    let contractions = layer.rows.filter { $0.operatorClass == .tensorContraction }
    let whole = layer.rows.reduce(0) { $0 + $1.floatingPointOperations }
    let share = Double(contractions.reduce(0) { $0 + $1.floatingPointOperations }) / Double(whole)
    // The paper's own: 99.80 %.
    #expect(abs(share - 0.998) < 0.001)
  }

  /// A peer's file has forward rows, and may have a step of the whole layer.
  @Test func aPeersStepStandsBesideOurs() throws {
    let text = String(decoding: try fixtureData("pytorch-tiny.json"), as: UTF8.self)
      .replacing("\"trainingCompiled\": {", with: "\"stepEager\": {")
    let problem = try tinyProblem()
    let peer = try PeerMeasurement(text: Data(text.utf8), file: "peer.json", problem: problem, threads: 2)
    let report = try LayerReport(measured(LayerTable(problem, pass: .both), fusions: [.full]), peer: peer)
    #expect(report.rows.allSatisfy { ($0.peer == nil) == ($0.pass == .backward) })
    let layer = try #require(report.peer).layer
    let step = try #require(layer.first { $0.mode == .stepEager })
    #expect(step.ratio == step.microseconds / report.full!.endToEnd.fusedMicroseconds)
    #expect(layer.allSatisfy { ($0.ratio == nil) == ($0.mode != .stepEager) })
    let output = try report.rendered(as: .text)
    #expect(output.contains("training step, eager: ") && !output.contains("training step, compiled"))
  }

  @Test(arguments: [LayerPass.backward, .both]) func everyFormatIsRendered(pass: LayerPass) throws {
    let report = try Self.report(pass)
    for format in [ReportFormat.text, .markdown, .csv, .json] {
      #expect(!(try report.rendered(as: format)).isEmpty)
    }
    let text = try report.rendered(as: .text)
    for label in ["BSB", "BLNRD", "BDRB", "EBSB", "BAOB", "BS", "BAIB", "BEI", "L-BAOB", "L-BAIB", "L-BDRB", "L-BEI"] {
      #expect(text.contains(label), "\(label)")
    }
    #expect(text.contains(pass == .both ? "forward and backward pass" : "backward pass"))
  }

  /// The lines of a table's head, from its title to the rule below them.
  private static func head(_ text: String, of table: String) throws -> String {
    let start = try #require(text.firstRange(of: table)).lowerBound
    return String(text[start...].prefix { $0 != "─" })
  }

  /// The paper's times of backward rows are not at hand, its kernels' labels are.
  @Test func columnsWithoutFiguresAreLeftOut() throws {
    let text = try Self.report(.backward).rendered(as: .text)
    let operators = try Self.head(text, of: "Table A.1.")
    #expect(!operators.contains("paper: PyTorch") && operators.contains("paper: fused"))
    let both = try Self.head(Self.report(.both).rendered(as: .text), of: "Table A.1.")
    #expect(both.contains("paper: PyTorch") && both.contains("paper: fused"))

    let unfused = try LayerReport(measured(LayerTable(tinyProblem()), fusions: [])).rendered(as: .text)
    for table in ["Table A.1.", "Bytes and bounds"] {
      let head = try Self.head(unfused, of: table)
      #expect(head.contains("│ unfused") && !head.contains("│ fused"), "\(head)")
    }
  }

  @Test func labelsAreExplained() throws {
    let report = try Self.report(.both)
    let (text, page) = (try report.rendered(as: .text), try report.rendered(as: .html, draw: { _ in "" }))
    for label in Set(report.rows.flatMap { $0.kernels + [$0.fullKernel].compactMap(\.self) }) {
      #expect(text.contains("\n\(label): ") || text.contains("; \(label): "), "\(label)")
      #expect(page.contains("<li>\(label): ") || page.contains("; \(label): "), "\(label)")
    }
  }
}
