import Tessera
import TesseraReport
import Testing

/// The table's backward half as data, and run.
@Suite struct GradientRowTests {
  private static let contractions: [(id: String, gflop: Double, input: Double, output: Double)] = [
    ("linear-2-dx", 34.360, 8.389, 16.777), ("linear-2-dw", 34.360, 20.972, 4.194),
    ("linear-1-dx", 34.360, 20.972, 4.194), ("linear-1-dw", 34.360, 20.972, 4.194),
    ("out-dx", 8.590, 5.243, 4.194), ("out-dw", 8.590, 8.389, 1.049), ("gamma-dx1", 4.295, 8.389, 33.554),
    ("gamma-dx2", 4.295, 37.749, 4.194), ("qkt-dx1", 4.295, 37.749, 4.194), ("qkt-dx2", 4.295, 37.749, 4.194),
    ("qkv-dx", 25.770, 15.729, 4.194), ("qkv-dw", 25.770, 16.777, 3.146),
  ]

  /// The paper's order.
  private static let kernels = [
    "BSB", "BLNRD", "LINEAR", "LINEAR", "BDRB", "LINEAR", "LINEAR", "EBSB", "BLNRD", "BAOB", "LINEAR", "LINEAR",
  ]

  private static let gradients = [
    LayerTable.inputGradientTensor, "qkv-weight-gradient", "qkv-bias-gradient", "out-weight-gradient",
    "out-bias-vector-gradient", "linear-1-weight-gradient", "ffn-bias-vector-gradient", "linear-2-weight-gradient",
    "out2-bias-vector-gradient", "layer-norm-1-weight-gradient", "layer-norm-1-shift-gradient",
    "layer-norm-2-weight-gradient", "layer-norm-2-shift-gradient",
  ]

  @Test func contractionsHaveTheDefinitionsDigits() throws {
    let layer = LayerTable(try LayerProblem(pass: .backward, memoryLimit: .max), pass: .backward)
    let rows = layer.rows.filter { $0.operatorClass == .tensorContraction }
    #expect(rows.map(\.id) == Self.contractions.map(\.id))
    for (row, expected) in zip(rows, Self.contractions) {
      #expect(abs(Double(row.floatingPointOperations) / 1e9 - expected.gflop) < 0.0006, "\(row.id)")
      #expect(abs(Double(row.inputElements) / 1e6 - expected.input) < 0.0006, "\(row.id)")
      #expect(abs(Double(row.outputElements) / 1e6 - expected.output) < 0.0006, "\(row.id)")
      let paper = try #require(PaperGradient.all[row.id])
      #expect(paper.gflop == expected.gflop && paper.inputMillions == expected.input && paper.kernel == nil)
    }
    #expect(abs(Double(rows.reduce(0) { $0 + $1.floatingPointOperations }) / 1e9 - 223.338) < 0.0006)
    #expect(Set(layer.rows.map(\.id)) == Set(PaperGradient.all.keys))
    #expect(layer.rows.allSatisfy { $0.pass == .backward })
  }

  @Test func bothPassesAreTheForwardRowsThenTheBackwardOnes() throws {
    let problem = try tinyProblem()
    let (forward, backward) = (LayerTable(problem), LayerTable(problem, pass: .backward))
    let both = LayerTable(problem, pass: .both)
    #expect(both.rows.map(\.id) == forward.rows.map(\.id) + backward.rows.map(\.id))
    #expect(Set(both.rows.map(\.id)).count == both.rows.count)
  }

  @Test(arguments: allFusions) func everySequenceCoversEveryRowOnce(fusion: LayerFusion) throws {
    for pass in LayerPass.allCases {
      let layer = LayerTable(try tinyProblem(), pass: pass)
      let (steps, ids) = (try layer.sequence(fusion).steps, layer.rows.map(\.id))
      #expect(steps.flatMap(\.rows).sorted() == ids.sorted())
      // Each has its rows in the table's order, and they stand in the order of their first ones.
      func places(_ rows: [String]) -> [Int] { rows.map { ids.firstIndex(of: $0)! } }
      for step in steps { #expect(places(step.rows) == places(step.rows).sorted(), "\(step.rows)") }
      let firsts = places(steps.map { $0.rows[0] })
      #expect(firsts == firsts.sorted())
    }
  }

  @Test func thePapersKernelsAreInItsOrder() throws {
    let layer = LayerTable(try tinyProblem(), pass: .backward)
    let tail = ["LINEAR", "LINEAR", "BAIB", "BEI"]
    #expect(try layer.fused(.tiled).steps.compactMap(\.label) == Self.kernels + ["TILED"] + tail)
    #expect(try layer.fused(.materialised).steps.compactMap(\.label) == Self.kernels + ["BS"] + tail)
    #expect(
      try layer.full().steps.compactMap(\.label) == [
        "BSB", "BLNRD", "L-BDRB", "LINEAR", "LINEAR", "L-BEI", "BSB", "BLNRD", "L-BAOB", "TILED", "L-BEI", "L-BAIB",
      ])
  }

  /// Of a step's least bytes the full sequence saves what rides: the widest gradient's way out and back, two sums' and
  /// a bias's.
  @Test func leastBytesOfTheStepAreThreeTenthsOfUnfused() throws {
    let layer = LayerTable(try LayerProblem(pass: .both, memoryLimit: .max), pass: .both)
    func bytes(_ sequence: LayerSequence) -> Int {
      sequence.steps.flatMap(\.calls).reduce(0) { sum, call in
        sum + call.leastTraffic.readBytes + call.leastTraffic.writtenBytes
      }
    }
    let (full, unfused) = (bytes(try layer.full()), bytes(layer.unfused))
    #expect(10 * full <= 3 * unfused, "\(full) of \(unfused)")
  }

  @Test func everyOperandIsATensorOfTheLayerThatHoldsIt() throws {
    let layer = LayerTable(try LayerProblem(pass: .both, memoryLimit: .max), pass: .both)
    let tensors = Dictionary(uniqueKeysWithValues: layer.tensors.map { ($0.name, $0) })
    #expect(tensors.count == layer.tensors.count)
    for fusion in [nil] + allFusions.map(Optional.some) {
      let sequence = try fusion.map { fusion in try layer.sequence(fusion) } ?? layer.unfused
      var written: Set<String> = Set(
        layer.tensors.filter { $0.content != .result && $0.content != .intermediate }.map(\.name))
      for call in sequence.steps.flatMap(\.calls) {
        let writes = call.writes.filter { $0.elementCount(call.request.extents) > 0 }
        for operand in call.reads + writes {
          let tensor = call.tensors[operand.name].flatMap { tensors[$0] }
          #expect(tensor != nil, "\(call.descriptor.name): \(operand.name)")
          #expect((tensor?.elementCount ?? 0) >= operand.elementCount(call.request.extents))
          #expect(tensor?.elementType == operand.elementType)
        }
        for operand in call.reads {
          #expect(written.contains(call.tensors[operand.name]!), "\(call.descriptor.name): \(operand.name)")
        }
        written.formUnion(writes.map { call.tensors[$0.name]! })
      }
      #expect(written.isSuperset(of: Self.gradients))
    }
  }

  /// Every result is NaN first, so that nothing is taken over from a run before.
  private func gradients(_ sequence: LayerSequence, of layer: LayerTable, on memory: LayerMemory) throws -> [[Float]] {
    for tensor in layer.tensors where tensor.content == .result || tensor.content == .intermediate {
      _ = memory[tensor.name].initializeMemory(as: UInt8.self, repeating: 0xFF)
    }
    try PreparedSequence(sequence, on: memory, context: context()).run()
    return Self.gradients.map { memory.floats($0) }
  }

  @Test(arguments: allFusions) func fusedAndUnfusedAgree(fusion: LayerFusion) throws {
    let layer = LayerTable(try tinyProblem(), pass: .both)
    let memory = try LayerMemory(layer)
    let unfused = try gradients(layer.unfused, of: layer, on: memory)
    let fused = try gradients(try layer.sequence(fusion), of: layer, on: memory)
    for (name, (expected, actual)) in zip(Self.gradients, zip(unfused, fused)) {
      let difference = zip(expected, actual).reduce(Float(0)) {
        $1.0.isFinite && $1.1.isFinite ? max($0, abs($1.0 - $1.1)) : .infinity
      }
      // Sums of a few hundred products, a few tens at most.
      #expect(difference < 1e-4, "\(name)")
      #expect(expected.contains { abs($0) > 0.01 }, "\(name)")
    }
  }

  /// The forward half runs first, untimed, whatever lies in the memory.
  @Test(arguments: allFusions) func theBackwardPassAloneHasTheSameBits(fusion: LayerFusion) throws {
    let problem = try tinyProblem()
    let (both, backward) = (LayerTable(problem, pass: .both), LayerTable(problem, pass: .backward))
    let expected = try gradients(try both.sequence(fusion), of: both, on: LayerMemory(both))
    #expect(try gradients(try backward.sequence(fusion), of: backward, on: LayerMemory(backward)) == expected)
  }

  @Test func resultsStayFiniteAtTheEdges() throws {
    for dropout in [0.0, 1.0] {
      let layer = LayerTable(
        try LayerProblem(batch: 3, length: 1, hidden: 6, heads: 3, feedforward: 5, dropout: dropout), pass: .both)
      let memory = try LayerMemory(layer)
      for sequence in try [layer.unfused, layer.fused(.tiled), layer.fused(.materialised), layer.full()] {
        try PreparedSequence(sequence, on: memory, context: context()).run()
        #expect(memory.floats(LayerTable.inputGradientTensor).allSatisfy { $0.isFinite })
      }
    }
  }

  /// What is refused is decided from an estimate; it must not be far from what is then allocated.
  @Test func theEstimateIsNearTheAllocation() throws {
    let bytes = LayerTable(try LayerProblem(memoryLimit: .max), pass: .both).byteCount
    #expect(throws: TesseraError.self) { try LayerProblem(pass: .both, memoryLimit: bytes / 100 * 98) }
    #expect(try LayerProblem(pass: .both, memoryLimit: bytes / 100 * 102).batch == 8)
  }

  /// The library's backward pass is the full sequence: the same operators on the same numbers.
  @Test(arguments: [(1, 32, 64, 4, 128), (3, 17, 30, 5, 41), (2, 200, 96, 3, 130)])
  func theLibrarysLayerHasTheSequencesBitsAndCosts(_ sizes: (Int, Int, Int, Int, Int)) throws {
    let layer = LayerTable(
      try LayerProblem(
        batch: sizes.0, length: sizes.1, hidden: sizes.2, heads: sizes.3, feedforward: sizes.4, dropout: 0.25, seed: 7),
      pass: .both)
    let memory = try LayerMemory(layer)
    let ledger = Ledger()
    var context = try context()
    context.ledger = ledger
    try PreparedSequence(try layer.full(), on: memory, context: context).run()
    let (expected, gradient) = (ledger.entries, memory.floats(LayerTable.inputGradientTensor))
    ledger.reset()
    let forward = try PreparedEncoderLayer(layer, on: memory, mode: .training, context: context)
    let backward = try PreparedEncoderLayerBackward(of: forward, on: memory, context: context)
    try forward.run()
    try backward.run()
    #expect(backward.output == gradient)
    #expect(Set(gradient).count > gradient.count / 2)
    #expect(ledger.entries == expected)
  }
}
