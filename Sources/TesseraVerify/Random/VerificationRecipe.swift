import FoundationEssentials
import Tessera

/// A case in a few plain values, from which everything else follows: what random tests draw, shrink and print.
public protocol VerificationRecipe: Codable, Hashable, Sendable {
  /// The catalog's name of the operator that it calls.
  var operatorName: String { get }
  /// Recipes with one option less or one extent smaller, options first.
  var smaller: [Self] { get }
  func verificationCase() throws(TesseraError) -> VerificationCase
}

extension VerificationRecipe {
  /// The smallest recipe that can be reached by steps that all fail: of the first smaller one that fails, and so on.
  package func shrunk(where fails: (Self) -> Bool) -> Self {
    var recipe = self
    while let next = recipe.smaller.first(where: fails) { recipe = next }
    return recipe
  }

  /// The recipe as text that `init(json:)` takes.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try! encoder.encode(self), as: UTF8.self)
  }

  public init(json: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(json.utf8)) }
}
