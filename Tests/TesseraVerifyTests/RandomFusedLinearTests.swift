import FoundationEssentials
import Tessera
import TesseraVerify
import Testing

/// Random products with what rides on them: stages, shapes, strides and options against the oracle.
///
/// The seed is 1, or that of the environment variable TESSERA_TEST_SEED; TESSERA_TEST_FUSED_LINEAR holds one recipe to
/// run instead, as a failure prints it.
@Suite struct RandomFusedLinearTests {
  static let count = 1000
  static let seed: UInt64 = ProcessInfo.processInfo.environment["TESSERA_TEST_SEED"].flatMap { UInt64($0) } ?? 1
  static let given: FusedLinearRecipe? = try! ProcessInfo.processInfo.environment["TESSERA_TEST_FUSED_LINEAR"].map {
    try FusedLinearRecipe(json: $0)
  }
  static let recipes = given.map { [$0] } ?? (0..<count).map { FusedLinearRecipe(seed: seed, index: $0) }

  @Test func agreesWithTheOracle() throws {
    print("random products: \(Self.recipes.count) recipes, TESSERA_TEST_SEED=\(Self.seed)")
    let cases = try RandomCases<FusedLinearRecipe>(seed: Self.seed)
    var failing = 0
    for recipe in Self.recipes {
      guard !cases.failures(of: recipe).isEmpty else { continue }
      failing += 1
      // One fault fails many recipes, and shrinking runs each many times.
      guard failing <= 3 else { continue }
      let report = cases.report(on: recipe, again: "TESSERA_TEST_SEED=\(Self.seed) TESSERA_TEST_FUSED_LINEAR")
      Issue.record("\(report)")
    }
    #expect(failing == 0)
  }

  @Test func everyOperatorIsDrawnOften() {
    let names = (0..<Self.count).map { FusedLinearRecipe(seed: Self.seed, index: $0).operatorName }
    #expect(FusedLinearRecipe.operators.count == 6)
    for descriptor in FusedLinearRecipe.operators { #expect(names.count { $0 == descriptor.name } > 100) }
  }

  @Test func aRecipeIsReadAsItWasPrinted() throws {
    for index in 0..<50 {
      let recipe = FusedLinearRecipe(seed: 3, index: index)
      #expect(try FusedLinearRecipe(json: recipe.json) == recipe)
    }
  }

  @Test func failuresAreShrunkToWhatMakesThemFail() {
    var recipe = FusedLinearRecipe(seed: 1, index: 0)
    (recipe.rows, recipe.columns, recipe.depth, recipe.packsWeights) = (61, 40, 33, true)
    var plain = FusedLinearRecipe()
    (plain.operatorName, plain.rows, plain.packsWeights) = (recipe.operatorName, 17, true)
    #expect(recipe.shrunk { $0.rows >= 17 && $0.packsWeights } == plain)
  }
}
