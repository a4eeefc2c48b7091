/// The answer to a call that cannot be carried out. Nothing has been written when one is thrown.
public enum TesseraError: Error, Equatable, Sendable {
  /// A shape, stride, option or buffer of one operator does not fit.
  case invalidOperand(operation: String, operand: String, expected: String, actual: String)
  /// An environment variable holds something that it cannot mean.
  case invalidEnvironment(variable: String, expected: String, actual: String)
  /// A named thing that does not exist, or that this machine cannot run.
  case unavailable(what: String, name: String, available: [String])
  /// The system would not give this much memory.
  case outOfMemory(byteCount: Int)
}

extension TesseraError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidOperand(let operation, let operand, let expected, let actual):
      "\(operation): \(operand): expected \(expected), got \(actual)"
    case .invalidEnvironment(let variable, let expected, let actual):
      "\(variable): expected \(expected), got \"\(actual)\""
    case .unavailable(let what, let name, let available):
      "\(what) \"\(name)\" is not available here; available: \(available.joined(separator: ", "))"
    case .outOfMemory(let byteCount):
      "could not allocate \(byteCount) bytes"
    }
  }
}
