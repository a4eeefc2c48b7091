import Foundation
import Tessera
import TesseraReport
import Testing

/// What a peer's file adds to the report.
@Suite struct PeerColumnTests {
  private let report: LayerReport
  private let peer: PeerMeasurement

  init() throws {
    report = try tinyReportBesidePyTorch.get()
    peer = try #require(report.peer).measurement
  }

  @Test func sharesAreOfTheRowsOfTheFastestSetting() throws {
    let total = peer.fastest.rows.values.reduce(0) { $0 + $1.median }
    for row in report.rows {
      let own = try #require(row.peer)
      #expect(own.microseconds == peer.fastest.rows[row.id]?.median)
      #expect(abs(own.sharePercent - own.microseconds / total * 100) < 0.01)
    }
    #expect(abs(report.rows.reduce(0) { $0 + $1.peer!.sharePercent } - 100) < 1e-9)
    for shares in try #require(report.peer).classes {
      let rows = report.rows.filter { $0.operatorClass == shares.operatorClass }
      #expect(abs(shares.runtimePercent - rows.reduce(0) { $0 + $1.peer!.microseconds } / total * 100) < 0.01)
      #expect(
        shares.flopPercent == report.unfusedClasses.first { $0.operatorClass == shares.operatorClass }?.flopPercent)
    }
  }

  @Test func ratiosAreToTheFusedLayer() throws {
    for whole in try #require(report.peer).layer {
      #expect(whole.microseconds == peer.settings.map { $0.layer[whole.mode]!.median }.min())
      let ratio = whole.microseconds / report.full!.endToEnd.fusedMicroseconds
      #expect(whole.ratio == (whole.mode.isTraining ? ratio : nil))
    }
  }

  @Test func tablesHaveTheColumn() throws {
    let text = try report.rendered(as: .text)
    for word in ["PyTorch here", "torch 2.", "MALLOC_MMAP_MAX_=0", "THP_MEM_ALLOC_ENABLE=1"] {
      // Only the fastest setting is spelled out.
      let isShown = !word.contains("=") || peer.fastest.environment.contains { "\($0.key)=\($0.value)" == word }
      #expect(text.contains(word) == isShown, "\(word)")
    }
    #expect(text.contains(" times full end to end"))
    #expect(try report.rendered(as: .markdown).contains("PyTorch here share"))
    for line in text.split(separator: "\n") { #expect(line.count <= 190, "\(line)") }
  }

  @Test func csvHasThreeColumnsMore() throws {
    func table(_ report: LayerReport) throws -> [[String]] {
      try report.rendered(as: .csv).split(separator: "\r\n").map { csvFields(String($0)) }
    }
    let (with, without) = (try table(report), try table(try tinyReport.get()))
    #expect(with[0] == without[0] && Array(with[0].suffix(3)) == ["peer_us", "peer_spread", "peer_share_pct"])
    for (fields, row) in zip(with.dropFirst(), report.rows) {
      #expect(
        fields.suffix(3).map { Double($0) } == [row.peer!.microseconds, row.peer!.spread, row.peer!.sharePercent])
    }
    #expect(without.dropFirst().allSatisfy { $0.suffix(3) == ["", "", ""] })
  }

  @Test func jsonHasTheKeys() throws {
    let text = try report.rendered(as: .json)
    let root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let object = try #require(root["peer"] as? [String: Any])
    #expect(
      Set(object.keys) == [
        "name", "versions", "machine", "runs", "settings", "fastest", "rowsMicroseconds", "layer",
      ])
    #expect(Set(try #require(object["machine"] as? [String: Any]).keys) == ["cpu", "threads"])
    for setting in try #require(object["settings"] as? [[String: Any]]) {
      #expect(Set(setting.keys) == ["name", "environment", "rowsMicroseconds"])
    }
    let layer = try #require(object["layer"] as? [String: [String: Any]])
    #expect(Set(layer.keys) == Set(PeerMeasurement.LayerMode.allCases.filter { !$0.isStep }.map(\.rawValue)))
    #expect(Set(layer["trainingEager"]!.keys) == ["microseconds", "spread", "setting", "ratio"])
    #expect(Set(layer["inferenceEager"]!.keys) == ["microseconds", "spread", "setting"])
    for row in try #require(root["rows"] as? [[String: Any]]) {
      #expect(Set(try #require(row["peer"] as? [String: Any]).keys) == ["microseconds", "spread", "sharePercent"])
    }
    let classes = try #require(root["classes"] as? [String: [String: [String: Double]]])
    #expect(classes["peer"]?.values.allSatisfy { Set($0.keys) == ["flopPercent", "runtimePercent"] } == true)
    // Without a peer there is none of them.
    let plain = try tinyReport.get().rendered(as: .json)
    #expect(!plain.contains("\"peer\""))
  }
}
