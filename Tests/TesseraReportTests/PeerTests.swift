import Foundation
import Tessera
import TesseraReport
import Testing

/// What `tessera report --peer` takes; the fixture is what Benchmarks/Peers/pytorch.py wrote for the tiny layer.
@Suite struct PeerTests {
  private let fixture: String

  init() throws { fixture = String(decoding: try fixtureData("pytorch-tiny.json"), as: UTF8.self) }

  private func read(_ text: String, problem: LayerProblem? = nil, threads: Int = 2) throws -> PeerMeasurement {
    try PeerMeasurement(
      text: Data(text.utf8), file: "peer.json", problem: try problem ?? tinyProblem(), threads: threads)
  }

  @Test func theScriptsFileIsRead() throws {
    let peer = try read(fixture)
    #expect(peer.name == "PyTorch" && peer.threads == 2 && peer.runs == 2)
    #expect(Set(peer.versions.keys) == ["python", "torch", "mkl", "oneDNN"])
    #expect(peer.settings.map(\.name) == ["default", "retained", "hugePages"])
    #expect(peer.settings[0].environment.isEmpty)
    #expect(peer.settings[2].environment == ["THP_MEM_ALLOC_ENABLE": "1"])
    for setting in peer.settings {
      #expect(Set(setting.rows.keys) == Set(PaperRow.forward.map(\.id)))
      #expect(Set(setting.layer.keys) == Set(PeerMeasurement.LayerMode.allCases.filter { !$0.isStep }))
      #expect(setting.rowsMicroseconds >= peer.fastest.rowsMicroseconds)
    }
    for mode in PeerMeasurement.LayerMode.allCases where !mode.isStep {
      let best = try #require(peer.layer(mode))
      #expect(peer.settings.allSatisfy { $0.layer[mode]!.median >= best.figure.median })
    }
  }

  /// (text as it stands at first, fault, key that the error names)
  private static let faults: [(String, String, String)] = [
    ("\"schema\": 1", "\"schema\": 2", "schema"), ("\"schema\": 1,", "", "schema"),
    ("\"schema\": 1", "\"schema\": true", "schema"),
    ("\"batch\": 1", "\"batch\": 2", "problem.batch"), ("\"hidden\": 64", "\"hidden\": 64.5", "problem.hidden"),
    ("\"dropout\": 0.25", "\"dropout\": 0.1", "problem.dropout"),
    ("\"threads\": 2", "\"threads\": 0", "machine.threads"), ("\"threads\": 2", "\"threads\": 3", "machine.threads"),
    ("\"cpu\": \"", "\"cpu\": \"\\u001b[1m", "machine.cpu"),
    ("\"torch\": \"", "\"torch\": 1, \"x\": \"", "versions.torch"),
    ("\"runs\": 2", "\"runs\": -1", "runs"), ("\"fastest\": \"", "\"fastest\": \"un", "fastest"),
    ("\"fastest\": \"hugePages\"", "\"fastest\": \"default\"", "fastest"),
    ("\"cpu\": \"", "\"cpu\": \"\\u202e", "machine.cpu"),
    ("\"name\": \"retained\"", "\"name\": \"default\"", "settings[1].name"),
    ("\"id\": \"qkv\"", "\"id\": \"gelu\"", "settings[0].rows[0].id"),
    ("\"id\": \"input-bias\"", "\"id\": \"qkv\"", "settings[0].rows[1].id"),
    ("\"id\": \"qkv\"", "\"name\": \"qkv\"", "settings[0].rows[0].id"),
    ("\"medianMicroseconds\": ", "\"medianMicroseconds\": -", "settings[0].rows[0].medianMicroseconds"),
    ("\"minimumMicroseconds\": ", "\"minimumMicroseconds\": 1e9, \"x\": ", "settings[0].rows[0].medianMicroseconds"),
    ("\"maximumMicroseconds\": ", "\"maximumMicroseconds\": \"1\", \"x\": ", "settings[0].rows[0].maximumMicroseconds"),
    ("\"trainingEager\": ", "\"trainingLazy\": ", "settings[0].layer.trainingLazy"),
    ("\"trainingEager\": ", "\"trainingEager\": 7, \"x\": ", "settings[0].layer.trainingEager"),
    ("\"environment\": {}", "\"environment\": {\"A\": []}", "settings[0].environment.A"),
    ("\"settings\": [", "\"settings\": {}, \"x\": [", "settings"), ("{", "", "the file"),
  ]

  @Test(arguments: faults) func everyFaultIsNamed(standing: String, fault: String, key: String) throws {
    let place = try #require(fixture.firstRange(of: standing))
    let error = #expect(throws: TesseraError.self) { try read(fixture.replacingCharacters(in: place, with: fault)) }
    guard case .invalidOperand(let file, let named, let expected, let actual)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(file == "peer.json" && named == key && !expected.isEmpty && !actual.isEmpty)
  }

  @Test func aMissingRowIsNamed() throws {
    var top = try #require(try JSONSerialization.jsonObject(with: Data(fixture.utf8)) as? [String: Any])
    var settings = try #require(top["settings"] as? [[String: Any]])
    settings[1]["rows"] = (settings[1]["rows"] as? [[String: Any]])?.filter { $0["id"] as? String != "relu" }
    top["settings"] = settings
    let text = String(decoding: try JSONSerialization.data(withJSONObject: top), as: UTF8.self)
    let error = #expect(throws: TesseraError.self) { try read(text) }
    #expect(error.map { "\($0)" } == "peer.json: settings[1].rows: expected a row \"relu\", got none")
  }

  @Test func anotherProblemIsRefused() throws {
    #expect(throws: TesseraError.self) { try read(fixture, problem: LayerProblem()) }
    #expect(throws: TesseraError.self) { try read(fixture, threads: 1) }
  }

  @Test func filesThatCannotBeRead() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let large = folder.appending(path: "large.json")
    try Data(repeating: 0x20, count: 1 << 20 + 1).write(to: large)
    for path in [large.path, folder.path, folder.appending(path: "none").path, "/dev/zero", ""] {
      let error = #expect(throws: TesseraError.self, "\(path)") {
        try PeerMeasurement(file: path, problem: tinyProblem(), threads: 2)
      }
      #expect(error.map { "\($0)".hasPrefix("\(path): the file: expected a file of at most 1048576 bytes") } == true)
    }
    let whole = folder.appending(path: "whole.json")
    try fixture.write(to: whole, atomically: false, encoding: .utf8)
    #expect(try PeerMeasurement(file: whole.path, problem: tinyProblem(), threads: 2).settings.count == 3)
  }

  /// A mode may not run, as torch.compile does not without a C++ compiler.
  @Test func modesThatWereNotMeasured() throws {
    let text = fixture.replacing(
      "\"trainingCompiled\": {", with: "\"trainingCompiled\": null, \"inferenceCompiled\": {"
    )
    .replacing(/"inferenceCompiled": \{[^}]*\}\s*\}/, with: "\"inferenceEager\": null}")
    let peer = try read(text)
    #expect(peer.layer(.trainingEager) != nil && peer.layer(.trainingCompiled) == nil)
    let report = try tinyReport(beside: peer)
    #expect(try report.rendered(as: .text).contains("PyTorch, training, compiled: –"))
    #expect(report.peer?.layer.contains { $0.mode == .trainingCompiled } == false)
  }
}
