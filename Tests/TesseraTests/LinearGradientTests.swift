import Tessera
import Testing

/// The backward pass of a linear map: the engine's chain for input and weights, and a sum of its own for the bias.
@Suite struct LinearGradientTests {
  /// Rows, columns and depth of the map.
  static let shapes = [
    (1, 1, 1), (1, 70, 200), (5, 63, 127), (13, 16, 17), (64, 1, 64), (40, 300, 1), (260, 13, 40), (517, 33, 140),
    (30, 300, 110), (1100, 30, 130), (3, 5, 0), (0, 4, 4), (4, 0, 4), (7, 140, 600),
    (600, 20, 1100),
  ].map { GemmTests.Shape(rows: $0.0, columns: $0.1, depth: $0.2) }

  /// Small blocks of everything among them.
  private static func contexts(_ set: InstructionSet) throws -> [ExecutionContext] {
    try [(1, 64 << 20), (2, 128 << 10), (3, 1 << 20)].map { threads, capacity in
      ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: set, fastMemoryBytes: capacity)
    }
  }

  private struct Map {
    let outputGradient, input, weight: MatrixLayout
    let dY, x, w: [Float]

    init(_ shape: GemmTests.Shape) {
      outputGradient = MatrixLayout(rows: shape.rows, columns: shape.columns)
      input = MatrixLayout(rows: shape.rows, columns: shape.depth)
      weight = MatrixLayout(rows: shape.columns, columns: shape.depth)
      dY = SamplingTests.uniform(shape.rows * shape.columns, seed: 1)
      x = SamplingTests.uniform(shape.rows * shape.depth, seed: 2)
      w = SamplingTests.uniform(shape.columns * shape.depth, seed: 3)
    }
  }

  @Test(arguments: shapes, GemmTests.fusedSets)
  func theInputsGradientIsTheChain(shape: GemmTests.Shape, set: InstructionSet) throws {
    let map = Map(shape)
    let product = GemmTests.Shape(rows: shape.rows, columns: shape.depth, depth: shape.columns)
    let expected = GemmTests.chain(
      product, map.dY, GemmTests.transposed(map.w, rows: shape.columns, columns: shape.depth))
    for context in try Self.contexts(set) {
      var gradient = [Float](repeating: .nan, count: expected.count)
      let plan = try LinearInputGradientPlan(outputGradient: map.outputGradient, weight: map.weight, context: context)
      try plan.run(map.dY.span, weight: map.w.span, inputGradient: gradient.mutableSpan)
      #expect(gradient == expected, "\(context.pool.threadCount) threads")
      gradient = [Float](repeating: .nan, count: expected.count)
      let packed = try PackedWeights(map.w.span, map.weight, forInputGradient: true, context: context)
      let ofPacked = try LinearInputGradientPlan(
        outputGradient: map.outputGradient, weight: map.weight, isPacked: true, context: context)
      try ofPacked.run(map.dY.span, weight: packed, inputGradient: gradient.mutableSpan)
      #expect(gradient == expected, "\(context.pool.threadCount) threads, packed")
    }
  }

  /// Also onto what is there, whose bits begin the chain, and without a bias.
  @Test(arguments: shapes, GemmTests.fusedSets)
  func theWeightsGradientIsTheChain(shape: GemmTests.Shape, set: InstructionSet) throws {
    let map = Map(shape)
    let product = GemmTests.Shape(rows: shape.columns, columns: shape.depth, depth: shape.rows)
    let left = GemmTests.transposed(map.dY, rows: shape.rows, columns: shape.columns)
    let right = GemmTests.transposed(map.x, rows: shape.rows, columns: shape.depth)
    let earlier = SamplingTests.uniform(shape.columns * shape.depth, seed: 4)
    for accumulates in [false, true] {
      let expected = GemmTests.chain(product, left, right, onto: accumulates ? earlier : nil)
      for context in try Self.contexts(set) {
        var (first, second) = (earlier, earlier)
        var bias = [Float](repeating: 0, count: shape.columns)
        let plan = try LinearWeightGradientPlan(
          outputGradient: map.outputGradient, input: map.input, accumulates: accumulates, context: context)
        try plan.run(
          map.dY.span, input: map.x.span, weightGradient: first.mutableSpan, biasGradient: bias.mutableSpan)
        let alone = try LinearWeightGradientPlan(
          outputGradient: map.outputGradient, input: map.input, accumulates: accumulates, hasBias: false,
          context: context)
        try alone.run(map.dY.span, input: map.x.span, weightGradient: second.mutableSpan)
        #expect(first == expected, "\(context.pool.threadCount) threads, accumulates \(accumulates)")
        #expect(second == expected, "\(context.pool.threadCount) threads, without bias")
      }
    }
  }

  /// Sixteen rows in pairs of halves, and those in double: the same bits in every variant, however a product is cut.
  private static func columnSums(_ map: Map, onto earlier: [Float]?) -> [Float] {
    let (rows, columns) = (map.outputGradient.rows, map.outputGradient.columns)
    return (0..<columns).map { column in
      var sum = 0.0
      for first in stride(from: 0, to: rows, by: 16) {
        var part = (first..<first + 16).map { $0 < rows ? map.dY[$0 * columns + column] : 0 }
        while part.count > 1 {
          let half = part.count / 2
          part = (0..<half).map { part[$0] + part[$0 + half] }
        }
        sum += Double(part[0])
      }
      return Float((earlier.map { Double($0[column]) } ?? 0) + sum)
    }
  }

  @Test(arguments: shapes, InstructionSet.available)
  func theBiasGradientIsTheSameHoweverTheProductIsCut(shape: GemmTests.Shape, set: InstructionSet) throws {
    let map = Map(shape)
    let earlier = SamplingTests.uniform(shape.columns, seed: 5)
    for accumulates in [false, true] {
      let expected = Self.columnSums(map, onto: accumulates ? earlier : nil)
      for context in try Self.contexts(set) {
        var weightGradient = [Float](repeating: 0, count: shape.columns * shape.depth)
        var bias = accumulates ? earlier : [Float](repeating: .nan, count: shape.columns)
        let plan = try LinearWeightGradientPlan(
          outputGradient: map.outputGradient, input: map.input, accumulates: accumulates, context: context)
        try plan.run(
          map.dY.span, input: map.x.span, weightGradient: weightGradient.mutableSpan, biasGradient: bias.mutableSpan)
        #expect(bias == expected, "\(context.pool.threadCount) threads, accumulates \(accumulates)")
      }
    }
  }

  /// A chain of floats would be off by a part in a thousand.
  @Test func manyRowsCostTheBiasNothing() throws {
    let rows = 300_000
    let dY = [Float](repeating: 0.1, count: 2 * rows)
    let x = [Float](repeating: 1, count: rows)
    var (weightGradient, bias): ([Float], [Float]) = ([7, 7], [7, 7])
    try linearWeightGradient(
      dY.span, MatrixLayout(rows: rows, columns: 2), input: x.span, inputLayout: MatrixLayout(rows: rows, columns: 1),
      weightGradient: weightGradient.mutableSpan, biasGradient: bias.mutableSpan)
    let exact = Double(rows) * Double(Float(0.1))
    for sum in bias { #expect(abs(Double(sum) - exact) < 3e-7 * exact) }
  }

  /// NaN in a column of the output's gradient reaches that row of the weights' gradient, and that bias.
  @Test(arguments: InstructionSet.available)
  func oneColumnReachesOneRow(set: InstructionSet) throws {
    let shape = GemmTests.Shape(rows: 70, columns: 33, depth: 20)
    let map = Map(shape)
    var poisoned = map.dY
    poisoned[41 * 33 + 17] = .nan
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    let plan = try LinearWeightGradientPlan(outputGradient: map.outputGradient, input: map.input, context: context)
    var (clean, dirty) = ([Float](repeating: 7, count: 33 * 20), [Float](repeating: 7, count: 33 * 20))
    var (cleanBias, dirtyBias) = ([Float](repeating: 7, count: 33), [Float](repeating: 7, count: 33))
    try plan.run(
      map.dY.span, input: map.x.span, weightGradient: clean.mutableSpan, biasGradient: cleanBias.mutableSpan)
    try plan.run(
      poisoned.span, input: map.x.span, weightGradient: dirty.mutableSpan, biasGradient: dirtyBias.mutableSpan)
    for column in 0..<33 {
      let (row, other) = (dirty[column * 20..<(column + 1) * 20], clean[column * 20..<(column + 1) * 20])
      if column == 17 {
        #expect(row.allSatisfy(\.isNaN) && dirtyBias[column].isNaN)
      } else {
        #expect(row == other && dirtyBias[column] == cleanBias[column])
      }
    }
  }

  /// The functions give the bits of the plans.
  @Test func theFunctionsAreThePlans() throws {
    let map = Map(GemmTests.Shape(rows: 21, columns: 34, depth: 55))
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2))
    var (first, second) = ([Float](repeating: 7, count: 21 * 55), [Float](repeating: 8, count: 21 * 55))
    let ofInput = try LinearInputGradientPlan(outputGradient: map.outputGradient, weight: map.weight, context: context)
    try ofInput.run(map.dY.span, weight: map.w.span, inputGradient: first.mutableSpan)
    try linearInputGradient(
      map.dY.span, map.outputGradient, weight: map.w.span, weightLayout: map.weight, inputGradient: second.mutableSpan,
      context: context)
    #expect(first == second)
    let earlier = SamplingTests.uniform(34 * 55, seed: 6)
    var (third, fourth, bias) = (earlier, earlier, [Float](repeating: 1, count: 34))
    try linearWeightGradient(
      map.dY.span, map.outputGradient, input: map.x.span, inputLayout: map.input, accumulates: true,
      weightGradient: third.mutableSpan, context: context)
    try linearWeightGradient(
      map.dY.span, map.outputGradient, input: map.x.span, inputLayout: map.input, accumulates: true,
      weightGradient: fourth.mutableSpan, biasGradient: bias.mutableSpan, context: context)
    #expect(third == fourth && third != earlier)
    #expect(bias == Self.columnSums(map, onto: [Float](repeating: 1, count: 34)))
  }
}
