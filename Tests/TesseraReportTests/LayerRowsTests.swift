import Tessera
import TesseraReport
import Testing

/// The layer as data, at the size of the paper's tables.
@Suite struct LayerRowsTests {
  private let layer: LayerTable

  init() throws { layer = LayerTable(try LayerProblem(memoryLimit: .max)) }

  /// Worked out by hand by the conventions of docs/measuring.md: GFLOP, input and output in millions.
  private static let digits: [(id: String, gflop: String, input: String, output: String)] = [
    ("qkv", "25.770", "7.340", "12.583"), ("input-bias", "0.013", "12.586", "12.583"),
    ("qkt", "4.295", "8.389", "33.554"), ("softmax", "0.201", "33.554", "100.663"),
    ("gamma", "4.295", "37.749", "4.194"), ("out", "8.590", "5.243", "4.194"),
    ("out-bias", "0.004", "4.195", "4.194"), ("out-dropout", "0.004", "4.194", "8.389"),
    ("residual-1", "0.004", "8.389", "4.194"), ("layer-norm-1", "0.029", "4.196", "4.194"),
    ("linear-1", "34.360", "8.389", "16.777"), ("ffn-bias", "0.017", "16.781", "16.777"),
    ("relu", "0.000", "16.777", "16.777"), ("ffn-dropout", "0.017", "16.777", "33.554"),
    ("linear-2", "34.360", "20.972", "4.194"), ("out2-bias", "0.004", "4.195", "4.194"),
    ("out2-dropout", "0.004", "4.194", "8.389"), ("residual-2", "0.004", "8.389", "4.194"),
    ("layer-norm-2", "0.029", "4.196", "4.194"),
  ]

  @Test func countsHaveTheDefinitionsDigits() {
    #expect(layer.rows.map(\.id) == Self.digits.map(\.id))
    for (row, expected) in zip(layer.rows, Self.digits) {
      #expect(threeDecimals(row.floatingPointOperations, of: 1_000_000_000) == expected.gflop, "\(row.id)")
      #expect(threeDecimals(row.inputElements, of: 1_000_000) == expected.input, "\(row.id)")
      #expect(threeDecimals(row.outputElements, of: 1_000_000) == expected.output, "\(row.id)")
    }
    let contractions = layer.rows.filter { $0.operatorClass == .tensorContraction }
    #expect(threeDecimals(contractions.reduce(0) { $0 + $1.floatingPointOperations }, of: 1_000_000_000) == "111.669")
  }

  /// Rounded to the nearest thousandth of `unit`.
  private func threeDecimals(_ count: Int, of unit: Int) -> String {
    let thousandths = (count * 1000 + unit / 2) / unit
    let fraction = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
  }

  @Test func rowsAreThePapers() throws {
    for (row, paper) in zip(layer.rows, PaperRow.forward) {
      #expect(row.id == paper.id)
      #expect(row.name == paper.name)
      #expect(row.operatorClass == paper.operatorClass)
      // The paper prints two decimals of the same counts.
      #expect(abs(Double(row.inputElements) / 1e6 - paper.inputMillions) < 0.0051)
      #expect(abs(Double(row.outputElements) / 1e6 - paper.outputMillions) < 0.0051)
    }
  }

  @Test func everyOperandIsATensorOfTheLayerThatHoldsIt() throws {
    let tensors = Dictionary(uniqueKeysWithValues: layer.tensors.map { ($0.name, $0) })
    for sequence in try [layer.unfused, layer.fused(.tiled), layer.fused(.materialised), layer.full()] {
      var written: Set<String> = Set(
        layer.tensors.filter { $0.content != .result && $0.content != .intermediate }.map(\.name))
      for call in sequence.steps.flatMap(\.calls) {
        for operand in call.reads + call.writes {
          let tensor = call.tensors[operand.name].flatMap { tensors[$0] }
          #expect(tensor != nil, "\(call.descriptor.name): \(operand.name)")
          #expect((tensor?.elementCount ?? 0) >= operand.elementCount(call.request.extents))
          #expect(tensor?.elementType == operand.elementType)
        }
        for operand in call.reads { #expect(written.contains(call.tensors[operand.name]!)) }
        written.formUnion(call.writes.map { call.tensors[$0.name]! })
      }
      #expect(written.contains(LayerTable.outputTensor))
    }
  }

  @Test func everySequenceCoversEveryRowOnce() throws {
    let ids = layer.rows.map(\.id)
    #expect(layer.unfused.steps.flatMap(\.rows) == ids)
    for fusion in allFusions {
      let sequence = try layer.sequence(fusion)
      #expect(sequence.steps.flatMap(\.rows) == ids)
      #expect(sequence.steps.filter { $0.label == "BDRLN" }.map(\.rows.count) == (fusion == .full ? [] : [4, 4]))
      #expect(sequence.steps.filter { $0.label == "L-BDRLN" }.map(\.rows.count) == (fusion == .full ? [5, 5] : []))
      for step in sequence.steps where step.label != nil {
        // What a fused kernel computes is what its rows compute; the tiled one's FLOPs are those of its two products.
        let rows = layer.rows.filter { step.rows.contains($0.id) }
        let counted = step.label == "TILED" ? rows.filter { $0.operatorClass == .tensorContraction } : rows
        let flops = counted.reduce(0) { $0 + $1.floatingPointOperations }
        #expect(step.calls[0].floatingPointOperations == flops, "\(step.label!)")
        let decisions = rows.flatMap(\.calls).reduce(0) { $0 + $1.dropoutDecisions }
        #expect(step.calls[0].dropoutDecisions == decisions, "\(step.label!)")
      }
    }
    for attention in LayerAttention.allCases {
      let steps = try layer.fused(attention).steps
      #expect(steps.filter { $0.label == "AIB" }.map(\.rows) == [["input-bias"]])
      #expect(steps.filter { $0.label == "LINEAR" }.map(\.rows) == [["qkv"], ["out"], ["linear-1"], ["linear-2"]])
      #expect(steps.filter { $0.label == "BRD" }.map(\.rows) == [["ffn-bias", "relu", "ffn-dropout"]])
    }
    #expect(try layer.fused(.tiled).steps.filter { $0.label == "TILED" }.map(\.rows) == [["qkt", "softmax", "gamma"]])
    #expect(try layer.fused(.materialised).steps.filter { $0.label == "SM" }.map(\.rows) == [["softmax"]])
  }

  @Test func headsThatAttentionDoesNotTakeAreAnError() throws {
    let wide = LayerTable(try LayerProblem(batch: 1, length: 2, hidden: 1024, heads: 1, feedforward: 4))
    #expect(throws: TesseraError.self) { try wide.fused(.tiled) }
    #expect(throws: TesseraError.self) { try wide.full() }
    #expect(try wide.fused(.materialised).steps.count == 11)
    #expect(try layer.full().steps.map(\.label) == ["L-AIB", "TILED", "L-BDRLN", "L-BRD", "L-BDRLN"])
  }
}
