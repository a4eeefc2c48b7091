import Tessera
import Testing

/// A linear map and rows of a table whose elements are read as a model file stores them.
@Suite struct StoredLinearTests {
  private static let depth = 512, columns = 37

  private func stored(_ type: ElementType, rows: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: try #require(type.checkedByteCount(ofElements: rows * Self.depth)))
    bytes.withUnsafeMutableBytes { fillStored($0, as: type, seed: 3) }
    return bytes
  }

  private func run(
    _ type: ElementType, _ weight: [UInt8], _ input: [Float], set: InstructionSet, adding: [Float]? = nil
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

  @Test(arguments: InstructionSet.available, ElementType.weightTypes)
  func aRowIsTheSameInAnyCompany(set: InstructionSet, type: ElementType) throws {
    let weight = try stored(type, rows: Self.columns)
    let few = StoredLinearPlan.fewRows
    let input = SamplingTests.uniform(few * Self.depth, seed: 4)
    let rows = try (0..<few).map { row in
      try run(type, weight, Array(input[row * Self.depth..<(row + 1) * Self.depth]), set: set)
    }
    for count in 2...few {
      let output = try run(type, weight, Array(input[..<(count * Self.depth)]), set: set)
      #expect(output == rows[..<count].flatMap(\.self), "\(count) rows")
    }
    for count in [1, few, few + 1] {
      let part = SamplingTests.uniform(count * Self.depth, seed: 4)
      let residual = SamplingTests.uniform(count * Self.columns, seed: 5)
      let sums = try run(type, weight, part, set: set)
      expectNear(
        try run(type, weight, part, set: set, adding: residual), zip(sums, residual).map(+), tolerance: 1e-4)
    }
  }

  /// Blocks of any bytes, infinite scales and such that are no number among them, at an odd address. What is not a
  /// number may be another that is not.
  @Test(arguments: InstructionSet.available, ElementType.weightTypes)
  func everyVariantReadsTheSameBits(set: InstructionSet, type: ElementType) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    for blocks in type.blockElements == 1 ? Array(1...40) + [1000] : [1, 2, 3, 7, 50] {
      let (rows, columns) = (3, blocks * type.blockElements)
      let rowBytes = blocks * type.blockBytes
      var table = [UInt8](repeating: 0, count: 1 + rows * rowBytes)
      // The words' halves are bytes without pattern.
      for index in table.indices {
        let draws = Philox4x32.draws(counter: SIMD4(UInt32(index), UInt32(blocks), 0, 0), key: SIMD2(type.rawValue, 1))
        table[index] = UInt8(truncatingIfNeeded: draws[0])
      }
      var output = [Float](repeating: 7, count: rows * columns)
      let ids: [Int32] = [2, 0, 1]
      try EmbeddingRowsPlan(
        type, vocabulary: rows, output: MatrixLayout(rows: rows, columns: columns), context: context
      ).run(ids: ids.span, table: table.span.bytes.extracting(1...), output: output.mutableSpan)
      for (row, id) in ids.enumerated() {
        var expected = [Float](repeating: 0, count: columns)
        table.withUnsafeBytes { bytes in
          let first = 1 + Int(id) * rowBytes
          expected.withUnsafeMutableBufferPointer {
            type.dequantize(UnsafeRawBufferPointer(rebasing: bytes[first..<first + rowBytes]), into: $0)
          }
        }
        let found = output[row * columns..<(row + 1) * columns]
        let isSame = zip(found, expected).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }
        #expect(isSame, "\(blocks) blocks, row \(row)")
      }
    }
  }

  /// `output` shares memory with neither operand; and where it adds to a residual, that is the output itself.
  @Test(arguments: [1, StoredLinearPlan.fewRows, StoredLinearPlan.fewRows + 1], [false, true])
  func sharedMemoryIsRefused(rows: Int, accumulates: Bool) throws {
    let bad = BadInputTests()
    let (depth, columns) = (32, 32)
    let memory = try AlignedBuffer<Float>(repeating: 0.5, count: 4096)
    let weight = [UInt8](repeating: 0, count: depth * columns * 4)
    let all = memory.elements
    func part(_ first: Int, _ count: Int) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(rebasing: all[first..<first + count])
    }
    let layout = MatrixLayout(rows: rows, columns: 32)
    let plan = try StoredLinearPlan(
      .float32, input: layout, output: layout, accumulates: accumulates, context: bad.context)
    let count = rows * 32
    // In the same place, one element into the input's end, and the input one into the output's.
    for (first, second) in [(0, 0), (0, count - 1), (count - 1, 0)] {
      let (input, output) = (UnsafeBufferPointer(part(first, count)), part(second, count))
      bad.expectError("stored-linear", "output") {
        try plan.run(input.span, weight: weight.span.bytes, output: output.mutableSpan)
      }
    }
    let weights = UnsafeRawBufferPointer(part(1024, 1024))
    for first in [1024, 1025 - count, 2047] {
      let (input, output) = (UnsafeBufferPointer(part(3000, count)), part(first, count))
      bad.expectError("stored-linear", "output") {
        try plan.run(input.span, weight: weights.bytes, output: output.mutableSpan)
      }
    }
    #expect(all.allSatisfy { $0 == 0.5 })
    // Neighbours do not meet; input and weight may be the same memory.
    let (input, output) = (UnsafeBufferPointer(part(1024, count)), part(1024 - count, count))
    try plan.run(input.span, weight: weights.bytes, output: output.mutableSpan)
    #expect(output.allSatisfy { $0 == (accumulates ? 8.5 : 8) })
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
