#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file of a model that text can be generated with, of either format, by its name: `.safetensors`, or else GGUF.
public enum TextModelFile: Sendable {
  case gguf(GGUFFile)
  /// One that training here has written.
  case safetensors(SafetensorsFile)

  /// `path` may be a folder with checkpoints of a training, too: the model's file in it is opened. Throws for a folder
  /// that has none, and for what training goes on from, which is no model.
  public init(path: String) throws(ModelFileError) {
    let path = Self.isFolder(path) ? try Self.model(in: path) : path
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

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func model(in folder: String) throws(ModelFileError) -> String {
    let path = (folder.hasSuffix("/") ? folder : folder + "/") + Trainer.modelName
    guard access(path, F_OK) == 0 else {
      throw ModelFileError(
        file: folder, offset: nil, subject: "file",
        expected: "a GGUF file, or what training writes: \(Trainer.modelName), or the folder that has it",
        actual: "a folder without \(Trainer.modelName)")
    }
    return path
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
