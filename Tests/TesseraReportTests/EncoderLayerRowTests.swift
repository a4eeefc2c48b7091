import Tessera
import TesseraReport
import Testing

/// The library's layer is the table's sequence in which all rides on the products: the same operators on the same
/// numbers.
@Suite struct EncoderLayerRowTests {
  private static let problems = [
    (1, 32, 64, 4, 128), (3, 17, 30, 5, 41), (2, 1, 8, 1, 3), (2, 200, 96, 3, 130),
  ]

  @Test(arguments: problems)
  func hasTheSequencesBitsAndCosts(_ sizes: (Int, Int, Int, Int, Int)) throws {
    let layer = LayerTable(
      try LayerProblem(
        batch: sizes.0, length: sizes.1, hidden: sizes.2, heads: sizes.3, feedforward: sizes.4, dropout: 0.25, seed: 7))
    let memory = try LayerMemory(layer)
    let ledger = Ledger()
    var context = try context()
    context.ledger = ledger
    let sequence = try PreparedSequence(try layer.full(), on: memory, context: context)
    try sequence.run()
    let (expected, output) = (ledger.entries, memory.floats(LayerTable.outputTensor))
    ledger.reset()
    let prepared = try PreparedEncoderLayer(layer, on: memory, mode: .training, context: context)
    try prepared.run()
    #expect(prepared.output == output)
    #expect(Set(output).count > output.count / 2)
    // Calls, FLOPs, Q and D of every operator.
    #expect(ledger.entries == expected)
    #expect(expected.values.reduce(0) { $0 + $1.calls } == 5)
  }

  @Test func itsTotalsAreTheReports() throws {
    let layer = LayerTable(try tinyProblem())
    let measurement = try measured(layer, fusions: [.full])
    let ledger = Ledger()
    var context = try context()
    context.ledger = ledger
    try PreparedEncoderLayer(layer, on: try LayerMemory(layer), mode: .training, context: context).run()
    let entries = ledger.entries.values
    #expect(entries.reduce(0) { $0 + $1.traffic.byteCount } == LayerReport(measurement).full?.totals.fusedBytes)
    #expect(
      entries.reduce(0) { $0 + $1.floatingPointOperations }
        == measurement.fused[0].costs.reduce(0) { $0 + $1.floatingPointOperations })
  }

  /// What inference leaves out is what training keeps, and the statistics that go with it.
  @Test func inferenceMovesLess() throws {
    let layer = LayerTable(try tinyProblem())
    let memory = try LayerMemory(layer)
    func least(_ mode: ExecutionMode) throws -> Int {
      let ledger = Ledger()
      var context = try context()
      context.ledger = ledger
      try PreparedEncoderLayer(layer, on: memory, mode: mode, context: context).run()
      return ledger.entries.values.reduce(0) { $0 + $1.leastBytes }
    }
    let problem = layer.problem
    // Two sums and their two statistics a token, and a log-sum-exp a query.
    let kept = 2 * problem.tokens * (problem.hidden + 2) + problem.planes * problem.length
    #expect(try least(.training) - least(.inference) == 4 * kept)
  }
}
