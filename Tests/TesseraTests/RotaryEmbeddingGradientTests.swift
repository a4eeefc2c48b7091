import Tessera
import Testing

/// The gradient of a rotation is the rotation by the negated angle.
@Suite struct RotaryEmbeddingGradientTests {
  /// ⟨R x, g⟩ = ⟨x, Rᵀ g⟩, and Rᵀ R x = x.
  @Test(arguments: InstructionSet.allCases.filter(\.isAvailable), RotaryPairing.allCases)
  func negatedAnglesAreTheGradient(set: InstructionSet, pairing: RotaryPairing) throws {
    let layout = BatchedMatrixLayout(planes: 2, rows: 9, columns: 22)
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    let table = try RotaryTable(positions: 9, rotatedColumns: 20)
    let count = 2 * 9 * 22
    var (x, gradient) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
    x.withUnsafeMutableBufferPointer { fillUniform($0, seed: 1) }
    gradient.withUnsafeMutableBufferPointer { fillUniform($0, seed: 2) }
    func rotated(_ values: [Float], _ table: RotaryTable) throws -> [Float] {
      var output = [Float](repeating: .nan, count: count)
      try RotaryEmbeddingPlan(table, pairing: pairing, input: layout, sequences: 1, context: context)
        .run(values.span, output: output.mutableSpan)
      return output
    }
    let turned = try rotated(x, table)
    let (back, ofX) = (try rotated(turned, table.negated()), try rotated(gradient, table.negated()))
    func product(_ first: [Float], _ second: [Float]) -> Double {
      zip(first, second).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    #expect(abs(product(turned, gradient) - product(x, ofX)) < 1e-4)
    for index in 0..<count { #expect(abs(back[index] - x[index]) < 1e-6) }
    #expect(turned != x && ofX != gradient)
  }
}
