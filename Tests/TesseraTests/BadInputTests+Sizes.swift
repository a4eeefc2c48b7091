import Tessera
import Testing

extension BadInputTests {
  /// (rows, columns) that no memory holds, the last few of a view whose rows all lie in one place or have no columns.
  private static let impossible = [
    (1 << 40, 1 << 20), (.max, .max), (.max, 1), (1, .max), (0, .max), (.max, 0), (-1, 4), (4, -1), (.min, .min),
    (1 << 45, 1), (1 << 45, 0), (1 << 23, 1 << 22),
  ]

  @Test(arguments: impossible, [nil, 0, 4, Int.max, Int.min])
  func layoutsBeyondMemoryAreErrorsAtEveryDoor(extents: (Int, Int), rowStride: Int?) throws {
    let layout = MatrixLayout(rows: extents.0, columns: extents.1, rowStride: rowStride)
    let small = MatrixLayout(rows: 4, columns: 4)
    let four = [Float](repeating: 1, count: 4)
    var out = [Float](repeating: 7, count: 4)
    var mask = [UInt8](repeating: 7, count: 4)
    let draws = try Dropout(probability: 0.5, seed: 1)
    func expectThrow(_ body: () throws(TesseraError) -> Void) {
      #expect(throws: TesseraError.self, "\(layout)") { try body() }
    }
    expectThrow { () throws(TesseraError) in
      try relu(four.span, layout, output: out.mutableSpan, outputLayout: layout, context: context)
    }
    expectThrow { () throws(TesseraError) in
      try relu(inPlace: out.mutableSpan, layout, context: context)
    }
    expectThrow { () throws(TesseraError) in
      try scale(four.span, layout, by: 2, output: out.mutableSpan, context: context)
    }
    expectThrow { () throws(TesseraError) in
      try addBias(four.span, layout, bias: four.span, output: out.mutableSpan, context: context)
    }
    expectThrow { () throws(TesseraError) in
      try addResidual(
        four.span, MatrixLayout(rows: 1, columns: 4), residual: four.span, residualLayout: layout,
        output: out.mutableSpan, context: context)
    }
    for planes in [1, 2, .max] {
      expectThrow { () throws(TesseraError) in
        try dropout(
          four.span, layout, draws, planes: planes, output: out.mutableSpan, mask: mask.mutableSpan, context: context)
      }
    }
    expectThrow { () throws(TesseraError) in
      try softmax(four.span, layout, output: out.mutableSpan, context: context)
    }
    expectThrow { () throws(TesseraError) in
      try layerNorm(
        four.span, layout, weight: four.span, shift: four.span, output: out.mutableSpan, context: context)
    }
    for mode in ExecutionMode.allCases {
      expectThrow { () throws(TesseraError) in
        _ = try BiasDropoutResidualLayerNormPlan(input: layout, dropout: draws, mode: mode, context: context)
      }
    }
    expectThrow { () throws(TesseraError) in
      try linear(
        four.span, layout, weight: four.span, weightLayout: small, output: out.mutableSpan, context: context)
    }
    expectThrow { () throws(TesseraError) in
      try linear(
        four.span, small, weight: four.span, weightLayout: layout, output: out.mutableSpan, context: context)
    }
    #expect(out == [7, 7, 7, 7] && mask == [7, 7, 7, 7])
  }

  @Test func planesWithoutRowsAreCountedToo() throws {
    expectError("dropout", "planes") {
      let none: [Float] = []
      var (out, mask): ([Float], [UInt8]) = ([], [])
      try dropout(
        none.span, MatrixLayout(rows: 0, columns: 4), try Dropout(probability: 0.5, seed: 1), planes: .max,
        output: out.mutableSpan, mask: mask.mutableSpan, context: context)
    }
  }

  @Test func batchesBeyondMemoryAreErrors() throws {
    let large = [1 << 23, 1 << 40, 1 << 45, Int.max / 2, .max, -1, .min]
    for planes in [0, 1, 2] + large {
      for rows in [0, 1, 3] + large
      where min(planes, rows) < 0 || max(planes, rows) >= 1 << 45 || min(planes, rows) >= 1 << 23 {
        for (columns, depth) in [(0, 5), (4, 5), (4, 0), (0, 0)] {
          for stride in [0, 8, Int.max] {
            #expect(throws: TesseraError.self, "\(planes) \(rows) \(columns) \(depth) \(stride)") {
              _ = try BatchedContractionPlan(
                left: .init(
                  planes: planes, innerPlanes: stride == 8 ? .max : 1, rows: rows, columns: depth, outerStride: 0,
                  innerStride: 0, rowStride: stride), right: .init(planes: planes, rows: depth, columns: columns),
                context: context)
            }
          }
        }
      }
    }
    // Each operand fits in memory, and as views of small memory the inputs even exist; the operations are not
    // countable.
    expectError("batched-contraction", "extents") {
      func view(_ rows: Int, _ columns: Int) -> BatchedMatrixLayout {
        .init(planes: 1, innerPlanes: 1, rows: rows, columns: columns, outerStride: 0, innerStride: 0, rowStride: 0)
      }
      _ = try BatchedContractionPlan(
        left: view(1 << 22, 1 << 22), right: view(1 << 22, 1 << 22), context: context)
    }
  }

  @Test func strideOfASingleRowMeansNothing() throws {
    var row: [Float] = [-1, 2, -3, 4]
    for stride in [Int.max, .min, 0] {
      try relu(inPlace: row.mutableSpan, MatrixLayout(rows: 1, columns: 4, rowStride: stride), context: context)
    }
    #expect(row == [0, 2, 0, 4])
  }

  @Test func aCallInPlaceWithAnotherStrideNamesBoth() throws {
    let layout = MatrixLayout(rows: 3, columns: 4)
    let plan = try BiasDropoutResidualPlan(
      input: layout, output: MatrixLayout(rows: 3, columns: 4, rowStride: 6), dropout: nil, mode: .inference,
      context: context)
    let read = [Float](repeating: 1, count: 12)
    var out = [Float](repeating: 7, count: 16)
    func expected(_ operand: String) -> TesseraError {
      .invalidOperand(
        operation: "bias-dropout-residual", operand: "output",
        expected: "memory apart from \(operand)'s, or exactly the same with row stride 4",
        actual: "overlapping memory, 0 bytes from it, row stride 6")
    }
    #expect(throws: expected("input")) {
      try plan.run(inPlace: out.mutableSpan, bias: read.span, residual: read.span)
    }
    #expect(throws: expected("residual")) {
      try plan.run(read.span, bias: read.span, ontoResidual: out.mutableSpan)
    }
    #expect(out.allSatisfy { $0 == 7 })
  }
}
