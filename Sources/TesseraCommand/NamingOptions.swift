import ArgumentParser
import Tessera

/// What `make` gives. An operand that does not fit is an error of the command line, in which it is named as its option
/// is; where several are to blame, one after the other.
///
/// `options` has the option of each operand, and what is not in it is called as it is; nil: operands are called as
/// options are.
func namingOptions<Result, Failure: Error>(
  _ options: [String: String]? = nil, _ make: () throws(Failure) -> Result
) throws -> Result {
  do { return try make() } catch {
    guard case .invalidOperand(_, let operands, let expected, let actual)? = error as? TesseraError else { throw error }
    let named = operands.split(separator: ", ").map { operand in
      if let options { options[String(operand)] ?? String(operand) } else { "--" + operand.replacing(" ", with: "-") }
    }
    throw ValidationError("\(named.joined(separator: ", ")): expected \(expected), got \(actual)")
  }
}
