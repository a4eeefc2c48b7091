import FoundationEssentials
import Tessera
import TesseraReference
import TesseraVerify
import Testing

/// Random calls of attention over ranges of a cache, of several types, against the oracle on the values that are
/// stored.
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

  @Test func recipesMeetEveryTypeWithEveryOption() {
    let recipes = (0..<Self.count).map { RangesRecipe(seed: Self.seed, index: $0) }
    let groups = Dictionary(grouping: recipes, by: \.storedType.name)
      .merging(Dictionary(grouping: recipes) { $0.groupSize * $0.queries <= 8 ? "few" : "many" }) { first, _ in first }
    #expect(groups.count == RangesRecipe.types.count + 2)
    for (name, here) in groups {
      #expect(Set(here.map { $0.offsets == nil }).count == 2, "\(name)")
      #expect(Set(here.map(\.slopes)).count == 3, "\(name)")
      #expect(Set(here.map(\.hasSinks)).count == 2, "\(name)")
      #expect(Set(here.map(\.packsQueries)).count == 2, "\(name)")
      #expect(Set(here.map { $0.queryLengths == nil }).count == 2, "\(name)")
      #expect(Set(here.map(\.writesLogSumExp)).count == 2, "\(name)")
      for operands in [here.map(\.bias), here.map(\.booleanMask)] {
        #expect(operands.contains(nil) && operands.contains(0), "\(name)")
        #expect(operands.contains { $0 != nil && $0 != 0 }, "\(name)")
      }
    }
  }

  /// Few rows, packed tiles, split keys; a window that hides the first ranges; all that there is at once.
  @Test(arguments: RangesRecipe.types) func everyOptionAtOnce(type: ElementType) {
    for (queries, lengths) in [(2, [130, 67]), (23, [200, 64]), (1, [1300, 300])] {
      for mask in AttentionRecipe.Mask.allCases {
        var recipe = RangesRecipe()
        (recipe.type, recipe.queries, recipe.lengths, recipe.mask) = (type.rawValue, queries, lengths, mask)
        (recipe.heads, recipe.groupSize, recipe.room, recipe.places) = (2, 2, 70, 5)
        (recipe.width, recipe.valueWidth) = type.blockElements > 1 ? (1, 1) : (18, 21)
        if mask == .window { (recipe.left, recipe.right) = (90, 2) }
        (recipe.softcap, recipe.slopes, recipe.hasSinks) = (3, .perSequenceAndHead, true)
        (recipe.bias, recipe.booleanMask, recipe.writesLogSumExp) = (0, 2, true)
        recipe.offsets = [lengths[0] - queries - 5, 40]
        recipe.dropProbability = 0.1
        // The second sequence has one query less, and they lie apart or one after the other.
        (recipe.queryLengths, recipe.packsQueries) = ([queries, queries - 1], mask != .full)
        let failure = Self.failure(of: recipe)
        #expect(failure == nil, "\(recipe.json)")
      }
    }
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
      let operands = RangesOperands(problem, seed: seed)
      let expected = try operands.expected(problem, keys.elements, values.elements)
      for set in InstructionSet.available {
        var first: [UInt32]?
        for pool in pools {
          var output = [Float](repeating: 7, count: problem.output.requiredCount!)
          let kept = problem.writesLogSumExp ? try AttentionSavedTensors(for: problem) : nil
          try AttentionPlan(for: problem, context: ExecutionContext(pool: pool, instructionSet: set)).run(
            queries: operands.queries.span, keys: keys.bytes.span.bytes, values: values.bytes.span.bytes, at: ranges,
            bias: operands.bias?.span, mask: operands.mask?.span, slopes: operands.slopes?.span,
            sinks: operands.sinks?.span, output: output.mutableSpan, keeping: kept)
          let logSumExps = kept.map { Array($0.logSumExp.elements) } ?? []
          for (expected, actual) in zip(expected, [gathered(output, problem.output), logSumExps]) {
            let comparison = expected.compare(actual)
            if !comparison.passes { return "\(set.rawValue): \(comparison)" }
          }
          let bits = (output + logSumExps).map(\.bitPattern)
          if first ?? bits != bits { return "\(set.rawValue): \(pool.threadCount) threads give other bits" }
          first = bits
        }
      }
      return nil
    } catch {
      return "threw \(error)"
    }
  }
}
