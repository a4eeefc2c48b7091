/// A file of a model that text can be generated with, of either format, by its name: `.safetensors`, or else GGUF.
public enum TextModelFile: Sendable {
  case gguf(GGUFFile)
  /// One that training here has written.
  case safetensors(SafetensorsFile)

  public init(path: String) throws(ModelFileError) {
    self =
      path.hasSuffix(".safetensors") ? .safetensors(try SafetensorsFile(path: path)) : .gguf(try GGUFFile(path: path))
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
