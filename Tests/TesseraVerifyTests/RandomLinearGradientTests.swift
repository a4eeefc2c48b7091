import FoundationEssentials
import Tessera
import TesseraVerify
import Testing

/// Random gradients of linear maps: shapes, strides and options against the oracle.
///
/// The seed is 1, or that of the environment variable TESSERA_TEST_SEED; TESSERA_TEST_LINEAR_GRADIENT holds one recipe
/// to run instead, as a failure prints it.
@Suite struct RandomLinearGradientTests {
  static let count = 1000
  static let seed: UInt64 = ProcessInfo.processInfo.environment["TESSERA_TEST_SEED"].flatMap { UInt64($0) } ?? 1
  static let given = try! ProcessInfo.processInfo.environment["TESSERA_TEST_LINEAR_GRADIENT"].map {
    try LinearGradientRecipe(json: $0)
  }
  static let recipes = given.map { [$0] } ?? (0..<count).map { LinearGradientRecipe(seed: seed, index: $0) }

  @Test func agreesWithTheOracle() throws {
    print("random gradients: \(Self.recipes.count) recipes, TESSERA_TEST_SEED=\(Self.seed)")
    let cases = try RandomCases<LinearGradientRecipe>(seed: Self.seed)
    var failing = 0
    for recipe in Self.recipes {
      guard !cases.failures(of: recipe).isEmpty else { continue }
      failing += 1
      // One fault fails many recipes, and shrinking runs each many times.
      guard failing <= 3 else { continue }
      let report = cases.report(on: recipe, again: "TESSERA_TEST_SEED=\(Self.seed) TESSERA_TEST_LINEAR_GRADIENT")
      Issue.record("\(report)")
    }
    #expect(failing == 0)
  }

  @Test func everyOptionIsDrawnOften() {
    let recipes = (0..<Self.count).map { LinearGradientRecipe(seed: Self.seed, index: $0) }
    for descriptor in LinearGradientRecipe.operators {
      let ofOperator = recipes.filter { $0.operatorName == descriptor.name }
      #expect(ofOperator.count > 150)
      #expect(ofOperator.count { $0.packsWeights } > 50 && ofOperator.count { $0.accumulates } > 50)
      #expect(ofOperator.contains { $0.rows == 0 || $0.columns == 0 || $0.depth == 0 })
    }
  }

  @Test func aRecipeIsReadAsItWasPrinted() throws {
    for index in 0..<50 {
      let recipe = LinearGradientRecipe(seed: 3, index: index)
      #expect(try LinearGradientRecipe(json: recipe.json) == recipe)
    }
  }

  @Test func failuresAreShrunkToWhatMakesThemFail() {
    var recipe = LinearGradientRecipe(seed: 1, index: 0)
    (recipe.rows, recipe.columns, recipe.depth, recipe.accumulates) = (61, 40, 33, true)
    var plain = LinearGradientRecipe()
    (plain.operatorName, plain.rows, plain.accumulates) = (recipe.operatorName, 17, true)
    #expect(recipe.shrunk { $0.rows >= 17 && $0.accumulates } == plain)
  }
}
