/// What the forward call that kept tensors are of has dropped: the last that wrote them, or that a caller says they are
/// of. Nothing else in them says it: a backward call that draws otherwise, or goes back through memory that nobody has
/// written, would make wrong gradients of them.
/// Copies of the tensors share it, as they share the tensors; who keeps writers of the tensors apart keeps its writers
/// apart.
final class KeptDraws: @unchecked Sendable {
  private var last: ForwardCall?

  /// The tensors are of a forward call with this dropout: it has written them, or a caller says so.
  func note(_ dropout: Dropout?) { last = ForwardCall(dropout) }

  /// Throws where the tensors are of no forward call yet, and where theirs has dropped otherwise than a backward call
  /// with this dropout is to.
  func check(_ dropout: Dropout?, operation: String) throws(TesseraError) {
    let call = ForwardCall(dropout)
    guard last == call else {
      throw .invalidOperand(
        operation: operation, operand: "kept", expected: "tensors of a forward call with \(call)",
        actual: last.map { "those of one with \($0)" } ?? "memory that none has written")
    }
  }

  /// What is known of one.
  private enum ForwardCall: Equatable, CustomStringConvertible {
    case droppingNothing
    case dropping(Dropout)

    /// Dropouts that drop nothing are alike.
    init(_ dropout: Dropout?) {
      if let dropout, !dropout.isIdentity { self = .dropping(dropout) } else { self = .droppingNothing }
    }

    /// Dropouts that no result tells apart are alike.
    static func == (one: ForwardCall, other: ForwardCall) -> Bool {
      switch (one, other) {
      case (.droppingNothing, .droppingNothing): true
      case (.dropping(let one), .dropping(let other)): one.drawsLike(other)
      case (.droppingNothing, .dropping), (.dropping, .droppingNothing): false
      }
    }

    var description: String {
      switch self {
      case .droppingNothing: "no dropout"
      case .dropping(let dropout):
        "dropout \(dropout.probability), seed \(dropout.seed), offset \(dropout.offset)"
      }
    }
  }
}
