/// The halves of a training step that a report shows.
public enum LayerPass: String, CaseIterable, Codable, Sendable {
  case forward, backward
  /// A whole step: forward, then backward.
  case both

  /// As tables name it.
  var text: String {
    switch self {
    case .forward, .backward: rawValue + " pass"
    case .both: "forward and backward pass"
    }
  }

  public var hasForward: Bool { self != .backward }
  public var hasBackward: Bool { self != .forward }
}
