import FoundationEssentials
import Tessera
import TesseraVerify
import Testing

/// Random combinations of attention's shapes, strides, layouts and options against the oracle.
///
/// The seed is 1, or that of the environment variable TESSERA_TEST_SEED; TESSERA_TEST_ATTENTION holds one recipe to run
/// instead, as a failure prints it.
@Suite struct RandomAttentionTests {
  static let count = 2400
  static let seed: UInt64 = ProcessInfo.processInfo.environment["TESSERA_TEST_SEED"].flatMap { UInt64($0) } ?? 1
  static let given: AttentionRecipe? = try! ProcessInfo.processInfo.environment["TESSERA_TEST_ATTENTION"].map {
    try AttentionRecipe(json: $0)
  }
  static let recipes = given.map { [$0] } ?? (0..<count).map { AttentionRecipe(seed: seed, index: $0) }

  @Test func agreesWithTheOracle() throws {
    print("random attention: \(Self.recipes.count) recipes, TESSERA_TEST_SEED=\(Self.seed)")
    let attention = try RandomCases<AttentionRecipe>(seed: Self.seed)
    var failing = 0
    for recipe in Self.recipes {
      guard !attention.failures(of: recipe).isEmpty else { continue }
      failing += 1
      // One fault fails many recipes, and shrinking runs each many times.
      guard failing <= 3 else { continue }
      let report = attention.report(on: recipe, again: "TESSERA_TEST_SEED=\(Self.seed) TESSERA_TEST_ATTENTION")
      Issue.record("\(report)")
    }
    #expect(failing == 0)
  }

  /// Each choice of one kind has been met together with each of every other kind.
  @Test func recipesCoverEveryPairOfChoices() {
    let recipes = (0..<Self.count).map { AttentionRecipe(seed: Self.seed, index: $0) }
    var choices: [[String]] = []
    var pairs: Set<[String]> = []
    for recipe in recipes {
      let chosen = recipe.choices
      if choices.isEmpty { choices = chosen.map { _ in [] } }
      for (kind, choice) in chosen.enumerated() {
        if !choices[kind].contains(choice) { choices[kind].append(choice) }
        for other in chosen[(kind + 1)...] { pairs.insert([choice, other]) }
      }
    }
    // The numbers of choices are the list's, so that one that is never drawn is missed too.
    #expect(choices.map(\.count) == [2, 5, 2, 2, 2, 5, 2, 3, 3, 3, 2, 3, 2, 2, 2, 6, 7, 2, 2, 2, 2, 2, 2, 3])
    // Split keys are many more than queries, and too many for one value to stand for all.
    let impossible: Set<[String]> = [
      ["lengths of queries and keys: same", "keys: split"], ["layout: every value the same row", "keys: split"],
    ]
    for (kind, some) in choices.enumerated() {
      for others in choices[(kind + 1)...] {
        for (choice, other) in some.flatMap({ choice in others.map { (choice, $0) } }) {
          #expect(pairs.contains([choice, other]) || impossible.contains([choice, other]), "\(choice) with \(other)")
        }
      }
    }
  }

  @Test func recipesAreTheSameForASeedAndOthersForAnother() {
    let first = (0..<50).map { AttentionRecipe(seed: 1, index: $0) }
    #expect(first == (0..<50).map { AttentionRecipe(seed: 1, index: $0) })
    #expect(first != (0..<50).map { AttentionRecipe(seed: 2, index: $0) })
    #expect(Set(first).count == 50)
  }

  @Test func aRecipeIsReadAsItWasPrinted() throws {
    for index in 0..<50 {
      let recipe = AttentionRecipe(seed: 3, index: index)
      #expect(try AttentionRecipe(json: recipe.json) == recipe)
    }
  }

  @Test func failuresAreShrunkToWhatMakesThemFail() throws {
    var recipe = AttentionRecipe(seed: 1, index: 0)
    (recipe.batch, recipe.keys, recipe.queries, recipe.softcap, recipe.bias) = (3, 61, 40, 3, 5)
    var plain = AttentionRecipe()
    (plain.keys, plain.softcap, plain.writesLogSumExp, plain.alignment) = (17, 3, false, recipe.alignment)
    #expect(recipe.shrunk { $0.keys >= 17 && $0.softcap != nil } == plain)
  }
}
