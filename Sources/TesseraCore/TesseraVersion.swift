/// The version of library and command, which a release raises here and nowhere else.
public enum TesseraVersion {
  /// Numbers of Semantic Versioning: what is below 1.0 may change its interface with the second.
  public static let text = "0.1.0"
}
