import ArgumentParser
import Tessera

/// What `make` gives. In its errors operands are named as their options are; where several are to blame, one after the
/// other.
func namingOptions<Problem>(_ make: () throws(TesseraError) -> Problem) throws -> Problem {
  do { return try make() } catch {
    guard case .invalidOperand(_, let operands, let expected, let actual) = error else { throw error }
    let options = operands.split(separator: ", ").map { "--" + $0 }.joined(separator: ", ")
    throw ValidationError("\(options): expected \(expected), got \(actual)")
  }
}
