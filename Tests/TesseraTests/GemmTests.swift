import Tessera
import Testing

/// The engine's sums are one chain over k: the same bits however a product is cut, packed or laid out.
@Suite struct GemmTests {
  /// Every set whose products are fused, which is all but the portable one off arm64.
  static let fusedSets = InstructionSet.available.filter { $0 != .portable }

  struct Shape: CustomTestStringConvertible {
    var rows, columns, depth: Int
    var testDescription: String { "\(rows) x \(columns) x \(depth)" }
  }

  /// Around tiles of 6 and 12 rows, panels of 16 and 64 columns, few columns (128) and more, slices of 128 and blocks
  /// of 256 and 512 rows and 256 of depth; and one whose left rows are gathered before.
  static let shapes = [
    (1, 1, 1), (1, 64, 128), (1, 200, 300), (5, 63, 127), (6, 64, 128), (7, 65, 129), (13, 16, 17), (12, 17, 257),
    (16, 130, 512), (17, 15, 600), (64, 128, 16), (253, 70, 40), (517, 33, 140), (30, 300, 1100), (3, 5, 0), (0, 4, 4),
    (4, 0, 4), (253, 170, 140), (520, 133, 270), (7, 129, 128), (40, 200, 65), (9, 128, 700), (3, 140, 0),
    (24, 512, 1024), (264, 130, 20), (265, 130, 140), (256, 70, 270), (257, 130, 530), (512, 66, 140), (513, 130, 260),
  ].map { Shape(rows: $0.0, columns: $0.1, depth: $0.2) }

  /// The chain itself, of fused multiply-adds.
  static func chain(_ shape: Shape, _ left: [Float], _ right: [Float], onto start: [Float]? = nil) -> [Float] {
    var result = start ?? [Float](repeating: 0, count: shape.rows * shape.columns)
    for row in 0..<shape.rows {
      for column in 0..<shape.columns {
        var sum = result[row * shape.columns + column]
        for k in 0..<shape.depth {
          sum.addProduct(left[row * shape.depth + k], right[column * shape.depth + k])
        }
        result[row * shape.columns + column] = sum
      }
    }
    return result
  }

  static func transposed(_ elements: [Float], rows: Int, columns: Int) -> [Float] {
    (0..<rows * columns).map { elements[$0 % rows * columns + $0 / rows] }
  }

  static func operands(_ shape: Shape) -> (left: [Float], right: [Float]) {
    (
      SamplingTests.uniform(shape.rows * shape.depth, seed: 1),
      SamplingTests.uniform(shape.columns * shape.depth, seed: 2)
    )
  }

  /// A fast memory of 128 KiB makes small blocks of everything, and stores past the caches.
  @Test(arguments: shapes, fusedSets)
  func linearMapsAreTheChain(shape: Shape, set: InstructionSet) throws {
    let (left, right) = Self.operands(shape)
    let expected = Self.chain(shape, left, right)
    for (threads, capacity) in [(1, 64 << 20), (2, 128 << 10), (3, 1 << 20)] {
      let context = ExecutionContext(
        pool: try WorkerPool(threadCount: threads), instructionSet: set, fastMemoryBytes: capacity)
      let input = MatrixLayout(rows: shape.rows, columns: shape.depth)
      let weight = MatrixLayout(rows: shape.columns, columns: shape.depth)
      var output = [Float](repeating: .nan, count: shape.rows * shape.columns)
      try LinearPlan(input: input, weight: weight, context: context)
        .run(left.span, weight: right.span, output: output.mutableSpan)
      #expect(output == expected, "\(threads) threads")
      let packed = try PackedWeights(right.span, weight, context: context)
      output = [Float](repeating: .nan, count: output.count)
      try LinearPlan(input: input, weight: weight, isPacked: true, context: context)
        .run(left.span, weight: packed, output: output.mutableSpan)
      #expect(output == expected, "\(threads) threads, packed")
    }
  }

  /// Whatever a caller says of its caches, a product is cut.
  @Test(arguments: [1 << 16, Int.max]) func anyFastMemoryIsTaken(capacity: Int) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), fastMemoryBytes: capacity)
    let problem = GemmProblem(
      rows: 2048, columns: 64, depth: 300, leftRowStride: 300, leftDepthStride: 1, right: .rows(stride: 300),
      outputRowStride: 64, accumulates: false)
    #expect(throws: Never.self) {
      _ = try GemmPlan(problem, workspace: GemmWorkspace(threadCount: 2), context: context)
    }
  }

  @Test(arguments: shapes, fusedSets)
  func everyLayoutIsTheChain(shape: Shape, set: InstructionSet) throws {
    let (left, right) = Self.operands(shape)
    let start = SamplingTests.uniform(shape.rows * shape.columns, seed: 3)
    let expected = Self.chain(shape, left, right)
    let added = Self.chain(shape, left, right, onto: start)
    let leftColumns = Self.transposed(left, rows: shape.rows, columns: shape.depth)
    let rightColumns = Self.transposed(right, rows: shape.columns, columns: shape.depth)
    let context = ExecutionContext(
      pool: try WorkerPool(threadCount: 2), instructionSet: set, fastMemoryBytes: 256 << 10)
    for leftIsTransposed in [false, true] {
      for kind in [GemmRight.rows(stride: shape.depth), .columns(stride: shape.columns), .stored(.float32)] {
        for accumulates in [false, true] {
          var output = accumulates ? start : [Float](repeating: .nan, count: start.count)
          let plan = try GemmPlan(
            GemmProblem(
              rows: shape.rows, columns: shape.columns, depth: shape.depth,
              leftRowStride: leftIsTransposed ? 1 : shape.depth, leftDepthStride: leftIsTransposed ? shape.rows : 1,
              right: kind, outputRowStride: shape.columns, accumulates: accumulates),
            workspace: GemmWorkspace(threadCount: 2), context: context)
          let (a, b) = (
            leftIsTransposed ? leftColumns : left, kind == .columns(stride: shape.columns) ? rightColumns : right
          )
          a.withUnsafeBufferPointer { a in
            b.withUnsafeBytes { b in
              output.withUnsafeMutableBufferPointer { output in
                _ = plan.run(
                  GemmPlan.Operands(left: a.baseAddress, right: b.baseAddress, output: output.baseAddress))
              }
            }
          }
          #expect(output == (accumulates ? added : expected), "transposed \(leftIsTransposed), \(kind), \(accumulates)")
        }
      }
    }
  }

  /// Planes of a batch, whose rows lie apart and whose right operand is the same for two of them.
  @Test(arguments: fusedSets, [false, true])
  func planesAreTheChain(set: InstructionSet, isTransposed: Bool) throws {
    for shape in [(100, 70, 64), (30, 140, 300), (13, 200, 33)].map({ Shape(rows: $0.0, columns: $0.1, depth: $0.2) }) {
      let (rows, columns, depth) = (shape.rows, shape.columns, shape.depth)
      let left = SamplingTests.uniform(4 * rows * depth, seed: 4)
      let right = SamplingTests.uniform(2 * columns * depth, seed: 5)
      let leftLayout = BatchedMatrixLayout(
        planes: 4, innerPlanes: 2, rows: rows, columns: depth, outerStride: 2 * rows * depth, innerStride: depth,
        rowStride: 2 * depth)
      let (rightRows, rightColumns) = isTransposed ? (columns, depth) : (depth, columns)
      let rightLayout = BatchedMatrixLayout(
        planes: 4, innerPlanes: 2, rows: rightRows, columns: rightColumns, outerStride: columns * depth, innerStride: 0,
        rowStride: rightColumns)
      for (threads, capacity) in [(1, 64 << 20), (3, 128 << 10)] {
        let context = ExecutionContext(
          pool: try WorkerPool(threadCount: threads), instructionSet: set, fastMemoryBytes: capacity)
        var output = [Float](repeating: .nan, count: 4 * rows * columns)
        try BatchedContractionPlan(
          left: leftLayout, right: rightLayout, transposesRight: isTransposed, context: context
        ).run(left.span, right.span, output: output.mutableSpan)
        for plane in 0..<4 {
          let a = (0..<rows).flatMap { row in
            left[(leftLayout.start(ofPlane: plane) + row * 2 * depth)...].prefix(depth)
          }
          let start = plane / 2 * columns * depth
          let b = Array(right[start..<start + columns * depth])
          let expected = Self.chain(shape, a, isTransposed ? b : Self.transposed(b, rows: depth, columns: columns))
          #expect(Array(output[plane * rows * columns..<(plane + 1) * rows * columns]) == expected, "plane \(plane)")
        }
      }
    }
  }

  /// A plan that runs again reads its operands again.
  @Test(arguments: fusedSets)
  func aSecondCallReadsNewRows(set: InstructionSet) throws {
    let shape = Shape(rows: 20, columns: 150, depth: 200)
    var (left, right) = Self.operands(shape)
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 1), instructionSet: set)
    let plan = try LinearPlan(
      input: MatrixLayout(rows: 20, columns: 200), weight: MatrixLayout(rows: 150, columns: 200), context: context)
    var output = [Float](repeating: .nan, count: 20 * 150)
    for turn in 0..<2 {
      try plan.run(left.span, weight: right.span, output: output.mutableSpan)
      #expect(output == Self.chain(shape, left, right), "turn \(turn)")
      for index in left.indices { left[index] *= 2 }
      right[0] = 3
    }
  }

  /// Rows of other strides, backwards and the same row again and again among them; and what lies between rows stays.
  @Test(arguments: fusedSets)
  func stridesOfRows(set: InstructionSet) throws {
    let shape = Shape(rows: 9, columns: 70, depth: 33)
    let (left, right) = Self.operands(shape)
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    for stride in [-33, 0, 33] {
      let first = stride < 0 ? 8 * 33 : 0
      let rows = (0..<9).flatMap { row in left[(first + row * stride)..<(first + row * stride + 33)] }
      let expected = Self.chain(shape, rows, right)
      var output = [Float](repeating: 7, count: 9 * 75)
      try LinearPlan(
        input: MatrixLayout(rows: 9, columns: 33, rowStride: stride, offset: first),
        weight: MatrixLayout(rows: 70, columns: 33),
        output: MatrixLayout(rows: 9, columns: 70, rowStride: 75, offset: 2),
        context: context
      ).run(left.span, weight: right.span, output: output.mutableSpan)
      for row in 0..<9 {
        let line = output[row * 75..<(row + 1) * 75]
        #expect(Array(line.dropFirst(2).prefix(70)) == Array(expected[row * 70..<(row + 1) * 70]), "stride \(stride)")
        #expect(line.prefix(2) == [7, 7] && line.suffix(3) == [7, 7, 7])
      }
    }
  }

  /// Layouts without elements may be of any size.
  @Test func emptyOperandsOfAnySize() throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2))
    var none: [Float] = []
    try LinearPlan(
      input: MatrixLayout(rows: 1 << 44, columns: 0), weight: MatrixLayout(rows: 0, columns: 0), context: context
    ).run([Float]().span, weight: [Float]().span, output: none.mutableSpan)
    let far = BatchedMatrixLayout(
      planes: 3, innerPlanes: 1, rows: 4, columns: 0, outerStride: .max, innerStride: 0, rowStride: 0)
    var output = [Float](repeating: 7, count: 3 * 4 * 5)
    try BatchedContractionPlan(
      left: far, right: BatchedMatrixLayout(planes: 3, rows: 0, columns: 5), context: context
    ).run([Float](repeating: 1, count: 2).span, [Float]().span, output: output.mutableSpan)
    #expect(output.allSatisfy { $0 == 0 })
  }

  @Test func aWorkspaceOfTooFewThreadsIsRefused() throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 3))
    let layout = MatrixLayout(rows: 20, columns: 32)
    BadInputTests().expectError("workspace", "threads") {
      _ = try StoredLinearPlan(
        .float32, input: layout, output: layout, workspace: GemmWorkspace(threadCount: 2), context: context)
    }
  }

  @Test func packedWeightsMustFitThePlan() throws {
    let bad = BadInputTests()
    let context = bad.context
    let (input, weight) = (MatrixLayout(rows: 2, columns: 8), MatrixLayout(rows: 4, columns: 8))
    let values = [Float](repeating: 1, count: 40)
    var output = [Float](repeating: 7, count: 8)
    let plan = try LinearPlan(input: input, weight: weight, isPacked: true, context: context)
    bad.expectError("linear", "weight") { try plan.run(values.span, weight: values.span, output: output.mutableSpan) }
    let other = try PackedWeights(values.span, MatrixLayout(rows: 5, columns: 8), context: context)
    bad.expectError("linear", "weight") { try plan.run(values.span, weight: other, output: output.mutableSpan) }
    let right = try PackedWeights(values.span, weight, context: context)
    bad.expectError("linear", "weight") {
      try LinearPlan(input: input, weight: weight, context: context)
        .run(values.span, weight: right, output: output.mutableSpan)
    }
    bad.expectError("linear", "weight") {
      _ = try PackedWeights(values.span, MatrixLayout(rows: 6, columns: 8), context: context)
    }
    #expect(output.allSatisfy { $0 == 7 })
    try plan.run(values.span, weight: right, output: output.mutableSpan)
    #expect(output.allSatisfy { $0 == 8 })
  }
}
