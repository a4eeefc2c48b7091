/// A file of a model that text can be generated with, of either format, by its name: `.safetensors`, or else GGUF.
public enum TextModelFile: Sendable {
  case gguf(GGUFFile)
  /// One that training here has written.
  case safetensors(SafetensorsFile)

  /// Throws for what training goes on from, which is no model.
  public init(path: String) throws(ModelFileError) {
    guard path.hasSuffix(".safetensors") else {
      self = .gguf(try GGUFFile(path: path))
      return
    }
    let file = try SafetensorsFile(path: path)
    guard file.metadata(forKey: Trainer.stepKey) == nil else {
      throw file.textFailure(
        Trainer.stepKey, expected: "none in a model; the checkpoint's model is \(Trainer.modelName) beside it",
        actual: "what training goes on from")
    }
    self = .safetensors(file)
  }

  public func vocabulary() throws(ModelFileError) -> TokenizerVocabulary {
    switch self {
    case .gguf(let file): try TokenizerVocabulary(file.metadata)
    case .safetensors(let file): try TokenizerVocabulary(file)
    }
  }

  /// nil where the file has none.
  public func chatTemplate() throws(ModelFileError) -> ChatTemplate? {
    switch self {
    case .gguf(let file): try ChatTemplate(file.metadata)
    case .safetensors: nil
    }
  }

  public func decoder() throws -> DecoderModel {
    switch self {
    case .gguf(let file): try DecoderModel(file)
    case .safetensors(let file): try DecoderModel(file)
    }
  }
}
