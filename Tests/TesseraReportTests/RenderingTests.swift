import TesseraReport
import Testing

@Suite struct RenderingTests {
  private let report: LayerReport

  init() throws {
    var report = try tinyReport.get()
    // Which this machine's OpenBLAS may give rise to.
    report.machine.openBLAS?.warning = nil
    self.report = report
  }

  @Test func textFitsAndNamesEverything() throws {
    let text = try report.rendered(as: .text)
    for line in text.split(separator: "\n") { #expect(line.count <= 165, "\(line)") }
    for word in [
      "Table 1.", "Table A.1.", "machine:", "problem:", "2 runs", "end to end:", "counting bytes:",
      "steadiness of the cores:", "paper", "TILED/SM", "LINEAR",
    ] {
      #expect(text.contains(word), "\(word)")
    }
    #expect(!text.contains("\u{1B}"))
    #expect(text.hasSuffix("\n") && !text.contains("nan") && !text.contains("inf,"))
  }

  /// Counted bytes of a fused sequence may be more than modelled ones of the unfused.
  @Test func bytesAreMoreOrFewer() throws {
    #expect(byteDifference(877, from: 1000) == "12.30 % fewer bytes")
    #expect(byteDifference(1198, from: 1000) == "19.80 % more bytes")
    #expect(byteDifference(1000, from: 1000) == "0.00 % fewer bytes")
    let text = try report.rendered(as: .text)
    for totals in report.sequences.map(\.totals) {
      for bytes in [totals.fusedBytes, totals.fusedBytesLinearAsLeast] {
        let difference = byteDifference(bytes, from: totals.unfusedBytes)
        #expect(text.contains(", \(difference)\n"))
      }
    }
  }

  /// One of % of peak and MUE a row and kernel: 19 unfused, 10 of the paper's and 5 on products.
  @Test func theLargerShareIsBold() throws {
    let plain = try report.rendered(as: .text)
    #expect(plain.matches(of: /[0-9]\*/).count == 34)
    let terminal = try report.rendered(as: .text, usesTerminalCodes: true)
    #expect(terminal.matches(of: /\x1B\[1m/).count == 34)
    #expect(try report.rendered(as: .markdown).matches(of: /\*\*[^*]+\*\*/).count == 34)
    let relu = try #require(report.rows.first { $0.id == "relu" })
    #expect(!relu.unfused.isComputeBound)
  }

  @Test func markdownTablesAreRectangular() throws {
    let lines = try report.rendered(as: .markdown).split(separator: "\n", omittingEmptySubsequences: false)
    var columns: Int?
    var tables = 0
    for line in lines {
      guard line.hasPrefix("|") else {
        columns = nil
        continue
      }
      let bars = line.replacing("\\|", with: "").filter { $0 == "|" }.count
      if columns == nil { tables += 1 }
      #expect(bars == columns ?? bars, "\(line)")
      columns = bars
    }
    #expect(tables == 4)
  }

  @Test func csvIsOneRectangularTable() throws {
    let text = try report.rendered(as: .csv)
    let lines = text.split(separator: "\r\n")
    #expect(lines.count == 20)
    #expect(text.hasSuffix("\r\n"))
    let header = csvFields(String(lines[0]))
    #expect(Set(header).count == header.count)
    for (line, row) in zip(lines.dropFirst(), report.rows) {
      let fields = csvFields(String(line))
      #expect(fields.count == header.count)
      #expect(fields[0] == row.id)
      #expect(fields[2] == row.name)
      #expect(Double(fields[header.firstIndex(of: "unfused_us")!]) == row.unfused.microseconds)
      #expect(fields[header.firstIndex(of: "kernels")!] == row.kernels.joined(separator: " "))
    }
    #expect(lines[1].hasPrefix("qkv,forward,\"Q, K, V\",tensor contraction,"))
  }

  @Test func csvQuoting() {
    #expect(csvField("plain text") == "plain text")
    #expect(csvField("a,b") == "\"a,b\"")
    #expect(csvField("a\"b") == "\"a\"\"b\"")
    #expect(csvField("a\r\nb") == "\"a\r\nb\"")
    #expect(csvField("") == "")
  }
}
