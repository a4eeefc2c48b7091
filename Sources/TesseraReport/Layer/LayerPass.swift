/// The halves of a training step that a report shows.
public enum LayerPass: String, CaseIterable, Codable, Sendable {
  case forward, backward
  /// A whole step: forward, then backward.
  case both

  public var hasForward: Bool { self != .backward }
  public var hasBackward: Bool { self != .forward }
}
