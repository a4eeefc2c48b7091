import Tessera
import Testing

/// Gate and up as the halves of one matrix, with the result elsewhere.
@Suite struct GatedHalvesTests {
  private static let (rows, columns) = (5, 19)
  private static let output = MatrixLayout(rows: rows, columns: columns, rowStride: 23, offset: 2)
  private static let gate = MatrixLayout(rows: rows, columns: columns, rowStride: 2 * columns)
  private static let up = MatrixLayout(rows: rows, columns: columns, rowStride: 2 * columns, offset: columns)
  private static let both = (0..<2 * rows * columns).map { Float(($0 * 37) % 29 - 14) / 8 }

  @Test func halvesGiveWhatMatricesDo() throws {
    let (both, columns) = (Self.both, Self.columns)
    let plan = try GatedActivationPlan(.silu, gate: Self.gate, up: Self.up, output: Self.output)
    var result = [Float](repeating: -1, count: 2 + Self.rows * 23)
    try plan.run(ofBoth: both.span, output: result.mutableSpan)
    #expect(both == Self.both)
    // Each half by itself, in place.
    func half(_ first: Int) -> [Float] {
      (0..<Self.rows).flatMap { both[$0 * 2 * columns + first..<$0 * 2 * columns + first + columns] }
    }
    var expected = half(0)
    let second = half(columns)
    let apart = try GatedActivationPlan(.silu, gate: MatrixLayout(rows: Self.rows, columns: columns))
    try apart.run(inPlace: expected.mutableSpan, up: second.span)
    for (place, value) in result.enumerated() {
      let (row, column) = ((place - 2) / 23, (place - 2) % 23)
      let isWritten = place >= 2 && column < columns
      #expect(value == (isWritten ? expected[row * columns + column] : -1), "at \(place)")
    }
  }

  @Test func whatIsTooShortIsRefused() throws {
    let plan = try GatedActivationPlan(.silu, gate: Self.gate, up: Self.up, output: Self.output)
    let short = Array(Self.both.dropLast())
    var result = [Float](repeating: -1, count: 2 + Self.rows * 23)
    #expect(throws: TesseraError.self) { try plan.run(ofBoth: short.span, output: result.mutableSpan) }
    let both = Self.both
    var few = [Float](repeating: -1, count: 8)
    #expect(throws: TesseraError.self) { try plan.run(ofBoth: both.span, output: few.mutableSpan) }
    #expect(result.allSatisfy { $0 == -1 } && few.allSatisfy { $0 == -1 })
  }
}
