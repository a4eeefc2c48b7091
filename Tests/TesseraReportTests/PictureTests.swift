import Foundation
import Tessera
import TesseraReport
import Testing

/// What pictures show, read from the scripts that draw them.
@Suite struct PictureTests {
  private let report: LayerReport
  private let scripts: [String: String]

  init() throws {
    report = try tinyReportBesidePyTorch.get()
    var scripts: [String: String] = [:]
    _ = try report.rendered(
      as: .html,
      draw: { picture in
        scripts[picture.name] = picture.script
        return ""
      })
    self.scripts = scripts
  }

  /// The numbers of a block of data.
  private func block(_ name: String, of picture: String) throws -> [[Double]] {
    let script = try #require(scripts[picture])
    let start = try #require(script.firstRange(of: "$\(name) << END\n"))
    let end = try #require(script[start.upperBound...].firstRange(of: "END"))
    return script[start.upperBound..<end.lowerBound].split(separator: "\n").map { line in
      line.split(separator: " ").compactMap { Double($0) }
    }
  }

  @Test func theRooflineHasEveryOperatorThatComputes() throws {
    let rows = report.rows.filter { $0.floatingPointOperations > 0 }
    let points = try block("unfused", of: "roofline")
    #expect(points.count == rows.count && rows.count == 18)
    for (point, row) in zip(points, rows) {
      let operations = Double(row.floatingPointOperations)
      #expect(abs(point[0] / (operations / Double(row.unfused.bytes)) - 1) < 1e-9, "\(row.id)")
      #expect(abs(point[1] / (operations / row.unfused.microseconds / 1e3) - 1) < 1e-9, "\(row.id)")
    }
    #expect(
      try block("fused", of: "roofline").count == report.rows.count { $0.fused != nil }
        + report.rows.count { $0.full != nil && $0.full != $0.fused })
    let script = try #require(scripts["roofline"])
    #expect(script.contains("peak = \(report.machine.peakGflops)\n"))
    for bandwidth in report.machine.peakBandwidth.values { #expect(script.contains("x * \(bandwidth) ")) }
  }

  @Test func barsAreTheSharesOfEachSequence() throws {
    var expected = [PaperShares.all.map(\.runtimePercent), try #require(report.peer).classes.map(\.runtimePercent)]
    expected +=
      [report.unfusedClasses.map(\.runtimePercent)] + report.sequences.map { $0.classes.map(\.runtimePercent) }
    for index in OperatorClass.allCases.indices {
      let boxes = try block("class\(index)", of: "shares")
      #expect(boxes.count == expected.count)
      for (box, shares) in zip(boxes, expected) { #expect(abs(box[3] - box[2] - shares[index]) < 1e-9) }
    }
    let script = try #require(scripts["shares"])
    for name in ["'paper: PyTorch, V100' 0", "'PyTorch here' 1", "'unfused' 2", "'fused, TILED' 3", "'fused, full' 5"] {
      #expect(script.contains(name))
    }
  }

  @Test func barsAreTheTimesOfEachSequence() throws {
    let sums = [try #require(report.peer).classes, report.unfusedClasses] + report.sequences.map(\.classes)
    for index in OperatorClass.allCases.indices {
      let boxes = try block("class\(index)", of: "times")
      #expect(boxes.count == sums.count)
      for (box, classes) in zip(boxes, sums) {
        #expect(abs(box[3] - box[2] - classes[index].microseconds / 1000) < 1e-9)
        #expect(classes[index].microseconds > 0 || classes[index].runtimePercent == 0)
      }
    }
    // The sums of the table.
    let total = { (classes: [ClassShares]) in classes.reduce(0) { $0 + $1.microseconds } }
    #expect(abs(total(report.unfusedClasses) / report.totals!.unfusedMicroseconds - 1) < 1e-9)
    #expect(abs(total(report.fused[0].classes) / report.totals!.fusedMicroseconds - 1) < 1e-9)
    #expect(try #require(scripts["times"]).contains("'PyTorch here' 0"))
  }

  @Test func memoryUseBars() throws {
    #expect(try block("series0", of: "mue").map { $0[3] } == report.rows.map(\.unfused.mue))
    #expect(try block("series1", of: "mue").map { $0[3] } == report.rows.compactMap(\.fused?.mue))
    #expect(try block("series2", of: "mue").map { $0[3] } == report.rows.compactMap(\.full?.mue))
    #expect(try block("series3", of: "mue").map { $0[3] } == report.rows.compactMap { $0.paper?.ours?.mue })
  }

  @Test func labelsKeepApart() {
    let size = SIMD2(400.0, 300.0)
    let points = (0..<12).map { index in
      (text: "\(index)", anchor: SIMD2(100, 100) + Double(index) * SIMD2(9, 4))
    }
    let placed = LabelPlacement.place(points, within: size)
    #expect(placed.map(\.text) == points.map(\.text))
    for (index, one) in placed.enumerated() {
      for other in placed[..<index] {
        let distance = one.centre - other.centre
        #expect(abs(distance.x) >= 6 || abs(distance.y) >= 13, "\(one.text) \(other.text)")
      }
    }
    let same = LabelPlacement.place([("a", [5, 5]), ("b", [7, 5]), ("a", [5, 6])], within: size)
    #expect(same.map(\.text) == ["a, b"])
    #expect(same[0].centre.x > 5)
    #expect(LabelPlacement.place([], within: size).isEmpty)
  }

  @Test func stringsOfScripts() { #expect(PictureStyle.quoted("it's `x` \"y\"") == "'it''s `x` \"y\"'") }

  @Test func embeddedPicturesTakeTheTextsColour() throws {
    let document = """
      <?xml version="1.0"?>
      <svg viewBox="0 0 1 1"><title>name</title><defs><circle id='gpDot'/></defs>
      <g color="black" stroke="currentColor"><path stroke='rgb(  0,   0,   0)'/><use xlink:href='#gpDot'/></g></svg>
      """
    let picture = Picture(name: "name", title: "A & B", script: "")
    let svg = try embeddedSVG(document, of: picture)
    #expect(svg.hasPrefix("<svg role=\"img\" viewBox") && svg.hasSuffix("</svg>"))
    #expect(svg.contains("<title>A &amp; B</title>"))
    #expect(svg.contains("id='name-gpDot'") && svg.contains("'#name-gpDot'"))
    #expect(svg.contains("<g stroke=\"currentColor\"><path stroke='currentColor'/>"))
    #expect(throws: Gnuplot.Failure.self) { try embeddedSVG("nothing", of: picture) }
  }

  @Test(.enabled(if: (try? Gnuplot()) != nil, "gnuplot is not installed"))
  func gnuplotDraws() throws {
    let gnuplot = try Gnuplot()
    for (name, script) in scripts {
      let svg = try gnuplot.draw(Picture(name: name, title: name, script: script))
      #expect(svg.hasPrefix("<svg") && svg.contains("currentColor"))
    }
    let error = #expect(throws: Gnuplot.Failure.self) {
      try gnuplot.draw(Picture(name: "x", title: "x", script: "plot nonsense nonsense\n"))
    }
    #expect(error?.description.hasPrefix("gnuplot failed: ") == true)
  }
}
