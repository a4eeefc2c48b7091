extension ChatTemplate {
  /// The template of a GGUF file (`tokenizer.chat_template`); nil where it has none. Throws as the initialiser from
  /// text does.
  public init?(_ metadata: GGUFMetadata) throws(ModelFileError) {
    let key = "tokenizer.chat_template"
    guard metadata.contains(key) else { return nil }
    let text = try metadata.string(forKey: key)
    do {
      try self.init(reading: text)
    } catch {
      throw ModelFileError(
        file: metadata.file.path, offset: nil, subject: "metadata \"\(key)\"", expected: error.expected,
        actual: error.found)
    }
  }
}
