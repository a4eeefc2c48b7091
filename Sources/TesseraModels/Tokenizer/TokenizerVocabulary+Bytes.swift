extension TokenizerVocabulary {
  /// A token for each byte, whose id is the byte: what texts are trained on here. Nothing begins or ends a text.
  public static let bytes = TokenizerVocabulary(
    tokens: ByteAlphabet.scalars.map { String($0) }, merges: [String](), preTokenizer: PreTokenizer.gpt2.rawValue,
    addsBeginToken: false)

  /// What a file of training says of it.
  static let key = "tessera.tokenizer"
  static let bytesName = "bytes"

  /// The vocabulary that a safetensors file names, which has none of its own. Throws where it names none that is known.
  public init(_ file: SafetensorsFile) throws(ModelFileError) {
    let name = try file.text(Self.key)
    guard name == Self.bytesName else {
      throw file.textFailure(Self.key, expected: "\"\(Self.bytesName)\"", actual: TokenizerError.quoted(name))
    }
    self = .bytes
  }
}
