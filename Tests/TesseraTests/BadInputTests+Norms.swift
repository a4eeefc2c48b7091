import Tessera
import Testing

/// What does not fit the norms' options and rotary embedding.
extension BadInputTests {
  @Test func normsThatDoNotFit() throws {
    let (layout, one) = (MatrixLayout(rows: 2, columns: 3), [Float](repeating: 1, count: 6))
    var (out, sum) = ([Float](repeating: 7, count: 6), [Float](repeating: 7, count: 6))
    let short = [Float](repeating: 1, count: 2)
    let name = "bias-dropout-residual-rms-norm"
    func plan(
      sum: MatrixLayout? = nil, hasBias: Bool = true, mode: ExecutionMode = .inference
    ) throws -> BiasDropoutResidualRMSNormPlan {
      try BiasDropoutResidualRMSNormPlan(
        input: layout, returnedSum: sum, hasBias: hasBias, dropout: nil, mode: mode, context: context)
    }
    expectError("rms-norm", "epsilon") { _ = try RMSNormPlan(input: layout, epsilon: .nan) }
    expectError("rms-norm", "weight") { try rmsNorm(one.span, layout, weight: short.span, output: out.mutableSpan) }
    expectError("rms-norm", "keeping") {
      try RMSNormPlan(input: layout, mode: .training).run(one.span, weight: one.span, output: out.mutableSpan)
    }
    expectError("rms-norm", "inverse-root-mean-square") {
      try RMSNormPlan(input: layout, mode: .training).run(
        one.span, weight: one.span, output: out.mutableSpan, keeping: .init(rows: 1))
    }
    expectError(name, "sum") { _ = try plan(sum: layout, mode: .training) }
    expectError(name, "sum") { _ = try plan(sum: MatrixLayout(rows: 3, columns: 2)) }
    expectError(name, "sum") { _ = try plan(sum: MatrixLayout(rows: 2, columns: 3, rowStride: 1)) }
    // A plan that returns the sum needs a place for it, and one that does not has no use for it.
    expectError(name, "sum") {
      try plan(sum: layout).run(
        one.span, bias: one.span, residual: one.span, weight: one.span, output: out.mutableSpan)
    }
    expectError(name, "sum") {
      try plan().run(
        one.span, bias: one.span, residual: one.span, weight: one.span, output: out.mutableSpan, sum: sum.mutableSpan)
    }
    expectError(name, "sum") {
      try plan().run(
        one.span, bias: one.span, addingTo: sum.mutableSpan, weight: one.span, output: out.mutableSpan)
    }
    for hasBias in [true, false] {
      expectError(name, "bias") {
        try plan(hasBias: hasBias).run(
          one.span, bias: hasBias ? nil : one.span, residual: one.span, weight: one.span, output: out.mutableSpan)
      }
    }
    expectError(name, "sum") {
      var short = [Float](repeating: 7, count: 5)
      try plan(sum: layout).run(
        one.span, bias: one.span, residual: one.span, weight: one.span, output: out.mutableSpan,
        sum: short.mutableSpan)
    }
    // In place is exactly in place.
    expectError(name, "sum") {
      try plan(sum: MatrixLayout(rows: 2, columns: 3, rowStride: 3, offset: 1)).run(
        one.span, bias: one.span, addingTo: sum.mutableSpan, weight: one.span, output: out.mutableSpan)
    }
    #expect(out.allSatisfy { $0 == 7 } && sum.allSatisfy { $0 == 7 })
  }

  @Test func rotaryEmbeddingThatDoesNotFit() throws {
    let name = "rotary-embedding"
    expectError(name, "rotated columns") { _ = try RotaryTable(positions: 1, rotatedColumns: 3) }
    expectError(name, "rotated columns") { _ = try RotaryTable(positions: 1, rotatedColumns: -2) }
    expectError(name, "positions") { _ = try RotaryTable(positions: -1, rotatedColumns: 2) }
    expectError(name, "positions") { _ = try RotaryTable(positions: .max, rotatedColumns: 2) }
    for base in [0, -1, Double.nan, .infinity] {
      expectError(name, "base") { _ = try RotaryTable(positions: 1, rotatedColumns: 2, base: base) }
    }
    expectError(name, "frequency scale") {
      _ = try RotaryTable(positions: 1, rotatedColumns: 2, frequencyScale: .infinity)
    }
    expectError(name, "frequencies") { _ = try RotaryTable(positions: 1, frequencies: [1, .nan]) }
    expectError(name, "frequencies") { _ = try RotaryTable(positions: 1, frequencies: [.infinity]) }
    // Finite, but the angle of the last position is not.
    expectError(name, "frequencies") { _ = try RotaryTable(positions: 3, frequencies: [1, 1e308]) }
    expectError(name, "frequencies") { _ = try RotaryTable(positions: 3, rotatedColumns: 2, frequencyScale: 1e308) }
    #expect(throws: Never.self) { _ = try RotaryTable(positions: 2, frequencies: [1e308]) }

    let table = try RotaryTable(positions: 5, rotatedColumns: 4)
    let layout = BatchedMatrixLayout(planes: 4, rows: 3, columns: 6)
    func plan(
      input: BatchedMatrixLayout? = nil, output: BatchedMatrixLayout? = nil, sequences: Int = 2
    ) throws -> RotaryEmbeddingPlan {
      try RotaryEmbeddingPlan(
        table, pairing: .halfSplit, input: input ?? layout, output: output, sequences: sequences, context: context)
    }
    expectError(name, "table") { _ = try plan(input: .init(planes: 4, rows: 3, columns: 3)) }
    for sequences in [3, 0, -1, 8] { expectError(name, "sequences") { _ = try plan(sequences: sequences) } }
    expectError(name, "output") { _ = try plan(output: .init(planes: 4, rows: 3, columns: 5)) }
    var bad = layout
    bad.rowStride = 5
    expectError(name, "output") { _ = try plan(output: bad) }
    bad.rowStride = -6
    expectError(name, "input") { _ = try plan(input: bad) }

    let values = [Float](repeating: 1, count: 72)
    var out = [Float](repeating: 7, count: 72)
    func expectStarts(_ starts: [Int]?) {
      expectError(name, "starts") { try plan().run(values.span, output: out.mutableSpan, startingAt: starts) }
    }
    for starts in [[0], [0, 0, 0], [-1, 0], [0, 3], [0, .max], [.min, 0]] { expectStarts(starts) }
    expectError(name, "starts") {
      var long = [Float](repeating: 7, count: 36)
      try plan(input: .init(planes: 1, rows: 6, columns: 6), sequences: 1).run(inPlace: long.mutableSpan)
    }
    expectError(name, "input") { try plan().run(values.span.extracting(first: 71), output: out.mutableSpan) }
    expectError(name, "output") {
      var short = [Float](repeating: 7, count: 71)
      try plan().run(values.span, output: short.mutableSpan)
    }
    let cache = BatchedMatrixLayout(planes: 4, rows: 4, columns: 6)
    let intoCache = try RotaryEmbeddingPlan(
      table, pairing: .halfSplit, input: layout, cache: cache, sequences: 2, context: context)
    expectError(name, "output") { try intoCache.run(values.span, output: out.mutableSpan) }
    var room = [Float](repeating: 7, count: 96)
    expectError(name, "starts") { try intoCache.run(values.span, output: room.mutableSpan, startingAt: [0, 2]) }
    #expect(room.allSatisfy { $0 == 7 })
    // The same memory with another layout is not in place.
    var swapped = layout
    (swapped.innerPlanes, swapped.innerStride, swapped.outerStride) = (2, 36, 18)
    expectError(name, "output") { try plan(output: swapped).run(inPlace: out.mutableSpan) }
    #expect(out.allSatisfy { $0 == 7 })
    try plan().run(values.span, output: out.mutableSpan, startingAt: [2, 0])
  }
}
