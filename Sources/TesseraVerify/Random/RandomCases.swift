import Tessera
import TesseraReference

/// Recipes against the oracle, on every variant that this machine has.
public struct RandomCases<Recipe: VerificationRecipe>: Sendable {
  /// What values and dropout's decisions follow from.
  public let seed: UInt64
  private let pools: [WorkerPool]

  public init(seed: UInt64, threadCounts: [Int] = [1, 3]) throws(TesseraError) {
    self.seed = seed
    var pools: [WorkerPool] = []
    for count in threadCounts { pools.append(try WorkerPool(threadCount: count)) }
    self.pools = pools
  }

  /// What went wrong, in words, with the variant's name; empty where all is well.
  public func failures(of recipe: Recipe) -> [String] {
    do throws(TesseraError) {
      let entry = try OperatorCatalog.entry(named: recipe.operatorName)
      let reference = ReferenceCatalog.operators[recipe.operatorName]!
      let runner = try CaseRunner(entry, reference: reference, try recipe.verificationCase(), index: 0, seed: seed)
      return entry.verifiedVariants.filter { $0.reasonToSkip == nil }.flatMap { variant in
        runner.run(variant, pools: pools, kindsOfStores: 1).flatMap(\.failures).map { "\(variant.name): \($0)" }
      }
    } catch {
      return ["threw \(error)"]
    }
  }

  /// The failure of a recipe that fails, of its smallest relative, and how to run that one again.
  public func report(on recipe: Recipe, again variable: String) -> String {
    let smallest = recipe.shrunk { !failures(of: $0).isEmpty }
    return """
      \(failures(of: recipe).prefix(2).joined(separator: "; "))
        of \(recipe.json)
      shrunk: \(failures(of: smallest).prefix(2).joined(separator: "; "))
        again: \(variable)='\(smallest.json)'
      """
  }
}
