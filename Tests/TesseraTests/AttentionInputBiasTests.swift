import Tessera
import Testing

/// The bias of queries, keys and values with the split into heads, through its public function.
@Suite struct AttentionInputBiasTests {
  private let problem = AttentionInputBiasProblem(
    batch: 2, length: 5, queryHeads: 4, keyValueHeads: 2, headDimension: 3)
  private let input = (0..<2 * 5 * 24).map { Float($0) }
  private let bias = (0..<24).map { 1000 * Float($0) }

  /// The element of this sequence, token and column of the token's row.
  private func expected(_ sequence: Int, _ token: Int, _ column: Int) -> Float {
    Float((sequence * 5 + token) * 24 + column) + 1000 * Float(column)
  }

  @Test(arguments: HeadOrder.allCases) func headsGoWhereAttentionReadsThem(order: HeadOrder) throws {
    let problem = AttentionInputBiasProblem(
      batch: 2, length: 5, queryHeads: 4, keyValueHeads: 2, headDimension: 3, order: order)
    let attention = AttentionProblem(
      batch: 2, queryHeads: 4, keyValueHeads: 2, queryLength: 5, headDimension: 3, order: order)
    #expect([problem.queries, problem.keys, problem.values] == [attention.queries, attention.keys, attention.values])
    var queries = [Float](repeating: -1, count: 120)
    var keys = [Float](repeating: -1, count: 60)
    var values = [Float](repeating: -1, count: 60)
    try AttentionInputBiasPlan(problem).run(
      input.span, bias: bias.span, queries: queries.mutableSpan, keys: keys.mutableSpan, values: values.mutableSpan)
    for (output, layout, heads, first) in [
      (queries, problem.queries, 4, 0), (keys, problem.keys, 2, 4), (values, problem.values, 2, 6),
    ] {
      for plane in 0..<layout.planes {
        for (token, column) in (0..<15).map({ ($0 / 3, $0 % 3) }) {
          let value = output[layout.start(ofPlane: plane) + token * layout.rowStride + column]
          #expect(value == expected(plane / heads, token, (first + plane % heads) * 3 + column))
        }
      }
    }
  }

  @Test func inPlaceIsABias() throws {
    var matrix = input
    try AttentionInputBiasPlan(problem.inPlace).run(inPlace: matrix.mutableSpan, bias: bias.span)
    for (index, value) in matrix.enumerated() { #expect(value == expected(index / 120, index / 24 % 5, index % 24)) }
  }

  private func expectError(_ operand: String, _ change: (inout AttentionInputBiasProblem) -> Void) {
    var changed = problem
    change(&changed)
    do {
      var output = [Float](repeating: 7, count: 240)
      try AttentionInputBiasPlan(changed).run(inPlace: output.mutableSpan, bias: bias.span)
      Issue.record("nothing was thrown for \(operand)")
    } catch TesseraError.invalidOperand(let operation, let thrown, _, _) {
      #expect(operation == "attention-input-bias" && thrown == operand)
    } catch {
      Issue.record("another error: \(error)")
    }
  }

  @Test func whatDoesNotFitIsAnError() {
    // Outputs that lie neither apart nor where the input is.
    expectError("queries") { _ in }
    expectError("keys") {
      $0 = $0.inPlace
      $0.keys.offset += 1
    }
    expectError("keys") {
      $0 = $0.inPlace
      $0.values.offset = $0.keys.offset
    }
    expectError("input") { $0.input.columns = 23 }
    expectError("input") { $0.input.rows = 11 }
    expectError("input") { $0.input.rowStride = .max }
    expectError("queries") { $0.queries.columns = 4 }
    expectError("keys") { $0.keys.planes = 8 }
    expectError("values") { $0.values.rowStride = 0 }
    expectError("values") { $0.values.rowStride = -3 }
    // Heads of a sequence that lie at several distances.
    expectError("queries") { $0.queries.innerPlanes = 2 }
    expectError("batch") { $0.batch = -1 }
    expectError("head-dimension") { $0.headDimension = .max }
  }

  @Test func shortSpansAreErrors() throws {
    let plan = try AttentionInputBiasPlan(problem)
    var queries = [Float](repeating: 7, count: 120)
    var keys = [Float](repeating: 7, count: 60)
    var values = [Float](repeating: 7, count: 59)
    #expect(throws: TesseraError.self) {
      try plan.run(
        input.span, bias: bias.span, queries: queries.mutableSpan, keys: keys.mutableSpan, values: values.mutableSpan)
    }
    values.append(7)
    #expect(throws: TesseraError.self) {
      try plan.run(
        input.span, bias: [Float](repeating: 1, count: 23).span, queries: queries.mutableSpan, keys: keys.mutableSpan,
        values: values.mutableSpan)
    }
    #expect((queries + keys + values).allSatisfy { $0 == 7 })
  }
}
