import FoundationEssentials
import Tessera
import TesseraReference
import TesseraVerify
import Testing

/// Random calls of attention over ranges of a cache, of several types, against the oracle on the values that are stored.
///
/// The seed is 1, or that of the environment variable TESSERA_TEST_SEED; TESSERA_TEST_RANGES holds one recipe to run
/// instead, as a failure prints it.
@Suite struct RandomRangesTests {
  private static let count = 600
  private static let environment = ProcessInfo.processInfo.environment
  private static let seed = environment["TESSERA_TEST_SEED"].flatMap { UInt64($0) } ?? 1
  private static let given = try! environment["TESSERA_TEST_RANGES"].map {
    try JSONDecoder().decode(RangesRecipe.self, from: Data($0.utf8))
  }
  private static let recipes = given.map { [$0] } ?? (0..<count).map { RangesRecipe(seed: seed, index: $0) }
  private static let pools = [1, 3].map { try! WorkerPool(threadCount: $0) }

  @Test func agreesWithTheOracle() throws {
    print("random ranges: \(Self.recipes.count) recipes, TESSERA_TEST_SEED=\(Self.seed)")
    var failing = 0
    for recipe in Self.recipes {
      guard let failure = Self.failure(of: recipe) else { continue }
      failing += 1
      guard failing == 1 else { continue }
      let smallest = recipe.shrunk { Self.failure(of: $0) != nil }
      Issue.record(
        """
        \(failure)
          of \(recipe.json)
        shrunk: \(Self.failure(of: smallest) ?? "")
          again: TESSERA_TEST_SEED=\(Self.seed) TESSERA_TEST_RANGES='\(smallest.json)'
        """)
    }
    #expect(failing == 0)
  }

  @Test func recipesMeetEveryTypeWithEveryMask() {
    let recipes = (0..<Self.count).map { RangesRecipe(seed: Self.seed, index: $0) }
    let met = Set(recipes.map { [$0.storedType.name, $0.mask.rawValue, "\($0.groupSize * $0.queries <= 8)"] })
    #expect(met.count == RangesRecipe.types.count * AttentionRecipe.Mask.allCases.count * 2)
    #expect(recipes.contains { $0.lengths.contains(0) } && recipes.contains { $0.lengths.contains { $0 > 1024 } })
  }

  /// What went wrong, in words; nil where nothing did.
  private static func failure(of recipe: RangesRecipe) -> String? {
    do {
      let problem = try recipe.problem()
      let block = recipe.storedType.blockElements
      let keys = RangesMemory(
        recipe, keyLength: problem.keyLength, columns: problem.headDimension, gap: recipe.keyGap * block, seed: 2)
      let values = RangesMemory(
        recipe, keyLength: problem.keyLength, columns: problem.valueDimension, gap: recipe.valueGap * block, seed: 3)
      var ranges = KeyValueRanges(type: recipe.storedType, keyStrides: keys.strides, valueStrides: values.strides)
      for sequence in recipe.lengths.indices {
        ranges.append(
          zip(recipe.ranges(ofSequence: sequence), zip(keys.offsets[sequence], values.offsets[sequence])).map {
            .init(count: $0.count, keyOffset: $1.0, valueOffset: $1.1)
          })
      }
      var queries = [Float](repeating: 0, count: problem.queries.requiredCount!)
      queries.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed) }
      let expected = try expected(problem, queries, keys.elements, values.elements)
      for set in InstructionSet.available {
        var first: [UInt32]?
        for pool in pools {
          var output = [Float](repeating: 7, count: problem.output.requiredCount!)
          try AttentionPlan(for: problem, context: ExecutionContext(pool: pool, instructionSet: set)).run(
            queries: queries.span, keys: keys.bytes.span.bytes, values: values.bytes.span.bytes, at: ranges,
            output: output.mutableSpan)
          let comparison = expected.compare(gathered(output, problem.output))
          if !comparison.passes { return "\(set.rawValue): \(comparison)" }
          let bits = output.map(\.bitPattern)
          if first ?? bits != bits { return "\(set.rawValue): \(pool.threadCount) threads give other bits" }
          first = bits
        }
      }
      return nil
    } catch {
      return "threw \(error)"
    }
  }

  private static func expected(
    _ problem: AttentionProblem, _ queries: [Float], _ keys: [Double], _ values: [Double]
  ) throws -> ExpectedOutput {
    var verificationCase = try VerificationCase(problem)
    verificationCase.comparesByTerms = true
    let rows = gathered(queries, problem.queries)
    let request = verificationCase.request
    let oracle = attention(
      ReferenceCall<Double>(
        request, inputs: ["queries": rows.map { Double($0) }, "keys": keys, "values": values]))
    let naive = attention(
      ReferenceCall<Float>(
        request, inputs: ["queries": rows, "keys": keys.map { Float($0) }, "values": values.map { Float($0) }]))
    let operand = OperatorDescriptor.attention.writes(in: .inference)[0]
    return ExpectedOutput(operand, in: verificationCase, oracle: oracle, naive: naive[operand.name]!)
  }

  /// Elements in the order planes, rows, columns.
  private static func gathered(_ elements: [Float], _ layout: BatchedMatrixLayout) -> [Float] {
    (0..<layout.planes).flatMap { plane in
      (0..<layout.rows).flatMap { row in
        let first = layout.start(ofPlane: plane) + row * layout.rowStride
        return elements[first..<first + layout.columns]
      }
    }
  }
}
