import Tessera
import Testing

/// A linear map and rows of a table whose elements are read as a model file stores them.
@Suite struct StoredLinearTests {
  private static let depth = 512, columns = 37

  private func stored(_ type: StoredType, rows: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: try #require(type.byteCount(ofElements: rows * Self.depth)))
    bytes.withUnsafeMutableBytes { fillStored($0, as: type, seed: 3) }
    return bytes
  }

  private func run(
    _ type: StoredType, _ weight: [UInt8], _ input: [Float], set: InstructionSet, adding: [Float]? = nil
  ) throws -> [Float] {
    let rows = input.count / Self.depth
    var output = adding ?? [Float](repeating: .nan, count: rows * Self.columns)
    try StoredLinearPlan(
      type, input: MatrixLayout(rows: rows, columns: Self.depth),
      output: MatrixLayout(rows: rows, columns: Self.columns), accumulates: adding != nil,
      context: ExecutionContext(pool: WorkerPool(threadCount: 2), instructionSet: set)
    ).run(input.span, weight: weight.span.bytes, output: output.mutableSpan)
    return output
  }

  @Test(arguments: InstructionSet.available, StoredType.allCases)
  func aRowIsTheSameInAnyCompany(set: InstructionSet, type: StoredType) throws {
    let weight = try stored(type, rows: Self.columns)
    let input = SamplingTests.uniform(8 * Self.depth, seed: 4)
    let rows = try (0..<8).map { row in
      try run(type, weight, Array(input[row * Self.depth..<(row + 1) * Self.depth]), set: set)
    }
    for count in 2...8 {
      let output = try run(type, weight, Array(input[..<(count * Self.depth)]), set: set)
      #expect(output == rows[..<count].flatMap(\.self), "\(count) rows")
    }
    for count in [1, 8, 9] {
      let part = SamplingTests.uniform(count * Self.depth, seed: 4)
      let residual = SamplingTests.uniform(count * Self.columns, seed: 5)
      let sums = try run(type, weight, part, set: set)
      expectNear(
        try run(type, weight, part, set: set, adding: residual), zip(sums, residual).map(+), tolerance: 1e-4)
    }
  }

  @Test func whatDoesNotFit() throws {
    let bad = BadInputTests()
    let (weight, input) = (try stored(.q8_0, rows: 2), [Float](repeating: 1, count: Self.depth))
    var output: [Float] = [7, 7]
    let layout = MatrixLayout(rows: 1, columns: Self.depth)
    let plan = try StoredLinearPlan(
      .q8_0, input: layout, output: MatrixLayout(rows: 1, columns: 2), context: bad.context)
    bad.expectError("stored-linear", "weight") {
      try plan.run(input.span, weight: Array(weight.dropLast()).span.bytes, output: output.mutableSpan)
    }
    bad.expectError("stored-linear", "depth") {
      _ = try StoredLinearPlan(
        .q8_0, input: MatrixLayout(rows: 1, columns: 33), output: MatrixLayout(rows: 1, columns: 2))
    }
    var rows = [Float](repeating: 7, count: Self.depth)
    let table = try EmbeddingRowsPlan(.q8_0, vocabulary: 2, output: layout, context: bad.context)
    for id in [-1, 2] as [Int32] {
      bad.expectError("embedding-rows", "ids") {
        try table.run(ids: [id].span, table: weight.span.bytes, output: rows.mutableSpan)
      }
    }
    #expect(output == [7, 7] && rows.allSatisfy { $0 == 7 })
  }
}
