import Tessera

/// A decoder's sizes as texts about a safetensors file, under the keys of Hugging Face's `config.json`.
extension DecoderConfiguration {
  static let tiesEmbeddingKey = "tie_word_embeddings"
  static let layersKey = "num_hidden_layers"
  private static let typeKey = "model_type"
  private static let type = "llama"

  private static var counts: [(key: String, place: WritableKeyPath<DecoderConfiguration, Int>)] {
    [
      (layersKey, \.layers), ("hidden_size", \.width), ("intermediate_size", \.feedForwardWidth),
      ("num_attention_heads", \.queryHeads), ("num_key_value_heads", \.keyValueHeads), ("head_dim", \.headDimension),
      ("vocab_size", \.vocabularySize), ("max_position_embeddings", \.contextLength),
    ]
  }

  /// What `init` reads.
  func texts(tiesEmbedding: Bool) -> [String: String] {
    var texts = [Self.typeKey: Self.type, Self.tiesEmbeddingKey: "\(tiesEmbedding)"]
    for (key, place) in Self.counts { texts[key] = "\(self[keyPath: place])" }
    texts["rms_norm_eps"] = "\(normEpsilon)"
    texts["rope_theta"] = "\(rotaryBase)"
    return texts
  }

  /// Sizes from the file's own texts, which no format asks for: files of training here have them. Throws where one is
  /// missing or wrong.
  public init(_ file: SafetensorsFile) throws(ModelFileError) {
    self.init(
      layers: 1, width: 1, feedForwardWidth: 1, queryHeads: 1, vocabularySize: 1, contextLength: 1)
    let type = try file.text(Self.typeKey)
    guard type == Self.type else {
      throw file.textFailure(Self.typeKey, expected: "\"\(Self.type)\"", actual: "\"\(type)\"")
    }
    for (key, place) in Self.counts {
      let count: Int = try file.value(key)
      guard (1...1 << 24).contains(count) else {
        throw file.textFailure(key, expected: "1 to \(1 << 24)", actual: "\(count)")
      }
      self[keyPath: place] = count
    }
    (valueDimension, rotaryColumns) = (headDimension, headDimension)
    normEpsilon = try file.value("rms_norm_eps")
    rotaryBase = try file.value("rope_theta")
  }
}

extension SafetensorsFile {
  /// A text about the file that must be there.
  func text(_ key: String) throws(ModelFileError) -> String {
    guard let text = metadata(forKey: key) else {
      throw textFailure(key, expected: "a text, as files of training here have it", actual: "none")
    }
    return text
  }

  /// One that is a number, or true or false.
  func value<Value: LosslessStringConvertible>(_ key: String) throws(ModelFileError) -> Value {
    let text = try text(key)
    guard let value = Value(text) else {
      throw textFailure(key, expected: "\(Value.self)", actual: TokenizerError.quoted(text))
    }
    return value
  }

  func textFailure(_ key: String, expected: String, actual: String) -> ModelFileError {
    ModelFileError(file: file.path, offset: nil, subject: "metadata \"\(key)\"", expected: expected, actual: actual)
  }
}
