import Foundation
import Tessera
import TesseraReport
import Testing

/// Candidates, the way through them, and the file that says what was chosen.
@Suite struct TuneTests {
  @Test func theCheapestWayIsFound() {
    var graph = LayeredGraph<String, String>()
    graph.layers = [
      [.init(from: "s", to: "a", cost: 1, label: "sa"), .init(from: "s", to: "b", cost: 2, label: "sb")],
      // From a it is dear, and the greedy way would have gone there.
      [.init(from: "a", to: "t", cost: 5, label: "at"), .init(from: "b", to: "t", cost: 1, label: "bt")],
      [.init(from: "t", to: "t", cost: 1, label: "first"), .init(from: "t", to: "t", cost: 1, label: "second")],
    ]
    let path = graph.shortestPath(from: "s", to: "t")
    #expect(path?.labels == ["sb", "bt", "first"] && path?.cost == 4)
    #expect(graph.shortestPath(from: "s", to: "a") == nil)
    graph.layers[1].removeLast()
    #expect(graph.shortestPath(from: "s", to: "t")?.labels == ["sa", "at", "first"])
  }

  private static let problem = try! LayerProblem(
    batch: 2, length: 150, hidden: 96, heads: 3, feedforward: 200, dropout: 0.25)

  /// Whatever a product's place is, the layer's bits are the same; stored scores round otherwise.
  @Test(arguments: LayerPlace.allCases) func everyCandidateHasTheSameBits(place: LayerPlace) throws {
    let table = LayerTable(Self.problem)
    let memory = try LayerMemory(table)
    let context = try context()
    var configuration = LayerConfiguration(Self.problem, threads: 2, instructionSet: context.instructionSet)
    let results = ["gamma", "residual-1", "layer-norm-1", "ffn-dropout", "residual-2", LayerTable.outputTensor]
    func outputs() throws -> [[Float]] {
      try PreparedSequence(try table.sequence(.tuned(configuration)), on: memory, context: context).run()
      return results.map { memory.floats($0) }
    }
    let expected = try outputs()
    let index = LayerPlace.allCases.firstIndex(of: place)!
    for candidate in PlaceConfiguration.candidates(place, instructionSet: context.instructionSet) {
      configuration.places[index] = candidate
      // Attention reads heads where the projection puts them.
      for other in [0, 1] { configuration.places[other].heads = (index < 2 ? candidate.heads : .headsFirst) }
      for tensor in results { _ = memory[tensor].initializeMemory(as: UInt8.self, repeating: 0xFF) }
      let found = try outputs()
      if place == .attention, !candidate.isFused {
        let difference = zip(found.last!, expected.last!).map { abs($0 - $1) }.max()!
        #expect(difference < 1e-5, "\(candidate.words)")
      } else {
        #expect(found == expected, "\(candidate.words)")
      }
    }
  }

  /// A place's default and its others.
  private func candidates(
    _ place: LayerPlace, default microseconds: Double, others: [(HeadPlacement?, ratio: Double)]
  ) -> (place: LayerPlace, candidates: [LayerTuning.Candidate]) {
    var configuration = PlaceConfiguration(place, instructionSet: .portable)
    let first = LayerTuning.Candidate(configuration: configuration, microseconds: microseconds, ratio: 1)
    configuration.isFused = false
    return (
      place,
      [first]
        + others.map { heads, ratio in
          var other = configuration
          other.heads = heads
          return LayerTuning.Candidate(configuration: other, microseconds: microseconds * ratio, ratio: ratio)
        }
    )
  }

  @Test func choicesAreOfTheWholeAndNotOfChance() throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 1), instructionSet: .portable)
    let measured = [
      // Token rows cost the projection 10, and save attention 30.
      candidates(.projection, default: 100, others: [(.tokenRows, 1.1)]),
      candidates(.attention, default: 100, others: [(.tokenRows, 0.7)]),
      // Too little to be told from chance.
      candidates(.out, default: 100, others: [(nil, 0.98)]),
      candidates(.linear1, default: 100, others: [(nil, 0.9), (nil, 0.8)]),
      candidates(.linear2, default: 100, others: [(nil, 1.5)]),
    ]
    let tuning = LayerTuning(Self.problem, runs: 3, measured, context: context)
    #expect(tuning.configuration.places.map(\.heads) == [.tokenRows, .tokenRows, nil, nil, nil])
    #expect(tuning.configuration.places.map(\.isFused) == [false, false, true, false, true])
    #expect(tuning.places[3].chosenCandidate.ratio == 0.9 || tuning.places[3].chosenCandidate.ratio == 0.8)
    #expect(tuning.places[3].best.ratio == 0.8 && tuning.places[4].worst.ratio == 1.5)
    let text = tuning.text()
    for place in LayerPlace.allCases { #expect(text.contains(place.rawValue)) }
  }

  @Test func theFileIsReadAsItWasWritten() throws {
    let context = try context()
    let tuning = try LayerTuning(Self.problem, runs: 1, context: context)
    #expect(tuning.places.map(\.candidates.count).allSatisfy { $0 >= 3 })
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tune-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: path) }
    try tuning.configuration.json().write(to: path, atomically: true, encoding: .utf8)
    let read = try LayerConfiguration(file: path.path)
    #expect(read == tuning.configuration)
    let report = try LayerReport(measured(LayerTable(Self.problem), fusions: [.full, .tuned(read)]))
    let root = try #require(
      try JSONSerialization.jsonObject(with: Data(try report.rendered(as: .json).utf8)) as? [String: Any])
    #expect(root["totalsTuned"] != nil && root["endToEndTuned"] != nil)
    #expect((root["classes"] as? [String: Any])?["fusedTuned"] != nil)
    #expect(try report.rendered(as: .text).contains(", tuned "))
  }

  @Test(arguments: [
    ("", "no JSON"), ("{}", "no batch"), ("[1]", "another kind of value at "),
  ]) func whatIsNoConfigurationIsRefused(_ text: String, _ message: String) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tune-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: path) }
    try text.write(to: path, atomically: true, encoding: .utf8)
    #expect { try LayerConfiguration(file: path.path) } throws: { "\($0)".contains(message) }
    #expect(throws: TesseraError.self) { try LayerConfiguration(file: "/there/is/none") }
  }

  @Test func whatDoesNotFitTheLayerIsRefused() throws {
    let table = LayerTable(Self.problem)
    let good = LayerConfiguration(Self.problem, threads: 2, instructionSet: .portable)
    func expectError(_ operand: String, _ change: (inout LayerConfiguration) -> Void) {
      var bad = good
      change(&bad)
      #expect { try table.sequence(.tuned(bad)) } throws: { "\($0)".contains(operand) }
    }
    _ = try table.sequence(.tuned(good))
    expectError("hidden") { $0.hidden = 97 }
    expectError("places") { $0.places.swapAt(2, 3) }
    expectError("places[1].heads") { $0.places[1].heads = .tokenRows }
    expectError("places[1].heads") {
      ($0.places[0].heads, $0.places[1].heads, $0.places[1].isFused) = (.headsFirst, .headsFirst, false)
    }
    expectError("places[3].products.rowsPerBlock") { $0.places[3].products.rowsPerBlock = 0 }
  }
}
