import ArgumentParser
import Tessera

extension AttentionMask {
  /// The mask that `--mask` names. What is wrong with it is said without the library's name for the operand, as the
  /// parser names the option before.
  init(argument: String) throws {
    do throws(TesseraError) { try self.init(named: argument) } catch {
      guard case .invalidOperand(_, _, let expected, let actual) = error else { throw error }
      throw ValidationError("expected \(expected), got \(actual)")
    }
  }
}
