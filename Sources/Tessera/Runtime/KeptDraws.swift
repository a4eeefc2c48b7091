/// What the forward call that wrote kept tensors last has dropped. Nothing else in them says it: a backward call that
/// draws otherwise would make wrong gradients of them. Copies of the tensors share it, as they share the tensors; who
/// keeps writers of the tensors apart keeps its writers apart.
final class KeptDraws: @unchecked Sendable {
  private var last = ForwardCall.none

  /// A forward call with this dropout has written the tensors.
  func note(_ dropout: Dropout?) { last = ForwardCall(dropout) }

  /// Throws where the forward call that wrote the tensors last has dropped otherwise than a backward call with this
  /// dropout is to.
  func check(_ dropout: Dropout?, operation: String) throws(TesseraError) {
    let call = ForwardCall(dropout)
    guard last == call || last == .none else {
      throw .invalidOperand(
        operation: operation, operand: "kept", expected: "tensors of a forward call with \(call)",
        actual: "those of one with \(last)")
    }
  }

  /// What is known of one.
  private enum ForwardCall: Equatable, CustomStringConvertible {
    /// There has been none.
    case none
    case droppingNothing
    case dropping(Dropout)

    /// Dropouts that drop nothing are alike.
    init(_ dropout: Dropout?) {
      if let dropout, !dropout.isIdentity { self = .dropping(dropout) } else { self = .droppingNothing }
    }

    var description: String {
      switch self {
      case .none: "nothing"
      case .droppingNothing: "no dropout"
      case .dropping(let dropout):
        "dropout \(dropout.probability), seed \(dropout.seed), offset \(dropout.offset)"
      }
    }
  }
}
