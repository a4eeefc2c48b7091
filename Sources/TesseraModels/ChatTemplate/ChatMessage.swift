/// One turn of a chat.
public struct ChatMessage: Hashable, Sendable {
  /// system, user, assistant, or whatever else the model knows.
  public var role: String
  public var content: String

  public init(role: String, content: String) { (self.role, self.content) = (role, content) }
}
