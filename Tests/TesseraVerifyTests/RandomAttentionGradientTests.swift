import FoundationEssentials
import Tessera
import TesseraVerify
import Testing

/// Random combinations of attention's shapes, strides, layouts and options: gradients against the oracle.
///
/// The seed is 1, or that of the environment variable TESSERA_TEST_SEED; TESSERA_TEST_ATTENTION_GRADIENTS holds one
/// recipe to run instead, as a failure prints it.
@Suite struct RandomAttentionGradientTests {
  static let count = 1200
  static let seed: UInt64 = ProcessInfo.processInfo.environment["TESSERA_TEST_SEED"].flatMap { UInt64($0) } ?? 1
  static let given: AttentionGradientRecipe? = try! ProcessInfo.processInfo.environment[
    "TESSERA_TEST_ATTENTION_GRADIENTS"
  ].map { try AttentionGradientRecipe(json: $0) }
  static let recipes =
    given.map { [$0] } ?? (0..<count).map { AttentionGradientRecipe(AttentionRecipe(seed: seed, index: $0)) }

  @Test func agreesWithTheOracle() throws {
    print("random attention gradients: \(Self.recipes.count) recipes, TESSERA_TEST_SEED=\(Self.seed)")
    let gradients = try RandomCases<AttentionGradientRecipe>(seed: Self.seed)
    var failing = 0
    for recipe in Self.recipes {
      guard !gradients.failures(of: recipe).isEmpty else { continue }
      failing += 1
      // One fault fails many recipes, and shrinking runs each many times.
      guard failing <= 3 else { continue }
      let report = gradients.report(
        on: recipe, again: "TESSERA_TEST_SEED=\(Self.seed) TESSERA_TEST_ATTENTION_GRADIENTS")
      Issue.record("\(report)")
    }
    #expect(failing == 0)
  }

  @Test func aRecipeIsReadAsItWasPrinted() throws {
    for index in 0..<20 {
      let recipe = AttentionGradientRecipe(AttentionRecipe(seed: 3, index: index))
      #expect(try AttentionGradientRecipe(json: recipe.json) == recipe)
    }
  }
}
