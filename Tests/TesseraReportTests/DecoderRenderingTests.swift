import Foundation
import Tessera
import TesseraReport
import Testing

/// A report on the tiny model in all formats, measured once.
private let report = Result {
  let problem = try DecoderProblem(TinyModel.model.get(), phase: .decode, context: 20)
  return try DecoderReport(measured(problem, runs: 2))
}

@Suite struct DecoderRenderingTests {
  private let report: DecoderReport
  private let json: [String: Any]

  init() throws {
    report = try TesseraReportTests.report.get()
    json = try #require(
      try JSONSerialization.jsonObject(with: Data(report.rendered(as: .json).utf8)) as? [String: Any])
  }

  @Test func textFitsAndNamesEverything() throws {
    let text = try report.rendered(as: .text)
    for line in text.split(separator: "\n") { #expect(line.count <= 165, "\(line)") }
    for word in [
      "One layer of a decoder's 3, decode: one token after 20 in the cache", "Table 1.", "Table 2.", "Once a pass",
      "model: tiny.gguf, 3 layers", "weights Q4_1, Q8_0, Q4_0, cache F32", "Q4_1", "Q8_0/Q4_1", "Q: attn_q",
      "measured:",
    ] { #expect(text.contains(word), "\(word)") }
    #expect(text.hasSuffix("\n") && !text.contains("nan") && !text.contains("inf"))
    #expect(text.matches(of: /[0-9]\*/).count == 16)
    let prefill = try DecoderReport(measured(DecoderProblem(TinyModel.model.get(), phase: .prefill, context: 1)))
    #expect(try prefill.rendered(as: .text).hasPrefix("One layer of a decoder's 3, prefill: a prompt of 1 token\n"))
  }

  @Test func keysOfTheJSON() throws {
    #expect(Set(json.keys) == ["machine", "problem", "runs", "layer", "once", "classes", "totals"])
    let problem = try #require(json["problem"] as? [String: Any])
    #expect(
      Set(problem.keys) == [
        "file", "layers", "width", "feedForwardWidth", "queryHeads", "keyValueHeads", "headDimension", "vocabularySize",
        "weightTypes", "cacheType", "pass", "context", "tokens",
      ])
    #expect(problem["pass"] as? String == "decode" && problem["context"] as? Int == 20)
    #expect(problem["tokens"] as? Int == 1 && problem["file"] as? String == "tiny.gguf")
    for part in ["layer", "once"] {
      for row in try #require(json[part] as? [[String: Any]]) {
        #expect(
          Set(row.keys) == [
            "id", "operator", "class", "weightTypes", "mflop", "passPercent", "microseconds", "spread", "percentOfPeak",
            "mue", "dataRatio", "bandwidthRatio", "bandwidthKind", "bytes", "leastBytes", "modelled",
            "boundMicroseconds",
          ])
      }
      let classes = try #require((json["classes"] as? [String: Any])?[part == "once" ? "pass" : "layer"])
      #expect((classes as? [String: [String: Double]])?.count == 3)
    }
    #expect(
      Set(try #require(json["totals"] as? [String: Any]).keys) == [
        "layers", "layerMicroseconds", "onceMicroseconds", "passMicroseconds", "passBoundMicroseconds",
        "floatingPointOperations", "bytes", "leastBytes", "measuredMicroseconds", "measuredSpread", "tokensPerSecond",
      ])
  }

  /// Every cell of the text's tables that the JSON has a figure for, through the page, which says which one it is.
  @Test func figuresAreTheJSONs() throws {
    let page = try PageReader(try report.rendered(as: .html))
    #expect(page.cells.count == 16 * 14 + 3 * 6)
    for cell in page.cells { expectFigure(cell.text, json, cell.key) }
    let text = try report.rendered(as: .text).split(separator: "\n")
    let markdown = try report.rendered(as: .markdown).split(separator: "\n")
    for row in report.layer + report.once {
      let cells = page.cells.filter { $0.key.contains(".\(row.id).") }.map(\.text)
      let line = try #require(text.first { $0.hasPrefix("\(row.operatorClass.mark) \(row.name) ") })
      #expect(cells.filter { !$0.isEmpty && !line.contains($0) } == [], "\(line)")
      #expect(markdown.contains { $0.contains("| \(row.name.replacing("_", with: "\\_")) |") }, "\(row.name)")
    }
  }

  @Test func csvIsOneRectangularTable() throws {
    let lines = try report.rendered(as: .csv).split(separator: "\r\n").map { csvFields(String($0)) }
    #expect(lines.count == 17 && lines.allSatisfy { $0.count == lines[0].count })
    #expect(Set(lines[0]).count == lines[0].count)
    for (line, row) in zip(lines.dropFirst(), report.layer + report.once) {
      #expect(line[1] == row.id && line[2] == row.name)
      #expect(Double(line[lines[0].firstIndex(of: "us")!]) == row.figures.microseconds)
      #expect(Double(line[lines[0].firstIndex(of: "pct_pass")!]) == row.passPercent)
    }
  }
}
