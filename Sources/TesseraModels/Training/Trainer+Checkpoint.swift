#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Tessera

extension Trainer {
  /// The file of a checkpoint that text can be generated with: weights, sizes and the tokenizer's name.
  public static let modelName = "model.safetensors"
  /// The file that training goes on from. It has the weights too, so that each file is whole by itself.
  public static let stateName = "training.safetensors"

  /// Whether a folder has something to go on from.
  public static func canResume(from folder: String) -> Bool { access(folder + "/" + stateName, F_OK) == 0 }

  /// Writes a checkpoint into a folder that is there. Each of the two files takes its name when it is whole: whenever
  /// this is interrupted, the state is that of this step or of the checkpoint before, and the model likewise, or a
  /// checkpoint older than the state.
  public func save(to folder: String) throws(ModelFileError) {
    var (state, model) = (SafetensorsContents(), SafetensorsContents())
    model.metadata = decoder.configuration.texts(tiesEmbedding: decoder.parameters.tiesEmbedding)
    // What Hugging Face's libraries ask a file for.
    model.metadata["format"] = "pt"
    if decoder.configuration.vocabularySize == TokenizerVocabulary.bytes.tokens.count {
      model.metadata[TokenizerVocabulary.key] = TokenizerVocabulary.bytesName
    }
    state.metadata = conditions
    state.metadata[Self.stepKey] = "\(step)"
    for tensor in decoder.parameters.tensors {
      for (prefix, buffer) in buffers {
        state.append(
          prefix + tensor.name, shape: tensor.shape, UnsafeBufferPointer(decoder.elements(of: tensor, in: buffer)))
      }
      model.append(
        tensor.name, shape: tensor.shape, UnsafeBufferPointer(decoder.elements(of: tensor, in: decoder.values)))
    }
    try state.write(to: folder + "/" + Self.stateName)
    try model.write(to: folder + "/" + Self.modelName)
  }

  /// Whether all weights and moments are finite. They may be, and the next step's loss not.
  public var isFinite: Bool { buffers.allSatisfy { $0.buffer.elements.allSatisfy { $0.isFinite } } }

  /// Goes on from the folder's checkpoint: every step gives the bits that it would have given without an interruption.
  /// Throws, and changes nothing, where the file cannot be read, is of other sizes, options or text than this, or has
  /// second moments that no squares have.
  public func resume(from folder: String) throws(ModelFileError) {
    let file = try SafetensorsFile(path: folder + "/" + Self.stateName)
    for (key, expected) in conditions.sorted(by: { $0.key < $1.key }) {
      let actual = try file.text(key)
      guard actual == expected else { throw file.textFailure(key, expected: expected, actual: actual) }
    }
    let reached: Int = try file.value(Self.stepKey)
    guard (0...options.steps).contains(reached) else {
      throw file.textFailure(Self.stepKey, expected: "0 to \(options.steps)", actual: "\(reached)")
    }
    var copies: [(tensor: ModelTensor, place: UnsafeMutableBufferPointer<Float>)] = []
    for tensor in decoder.parameters.tensors {
      for (prefix, buffer) in buffers {
        let stored = try file.tensor(named: prefix + tensor.name)
        guard stored.shape == tensor.shape, stored.elementType == .float32 else {
          throw stored.failure(
            "shape and type", expected: "\(tensor.shape) of F32",
            actual: "\(stored.shape) of \(stored.elementType.name)")
        }
        if buffer === secondMoments { try Self.checkSecondMoments(stored) }
        copies.append((stored, decoder.elements(of: tensor, in: buffer)))
      }
    }
    for (tensor, place) in copies { UnsafeMutableRawBufferPointer(place).copyMemory(from: tensor.bytes) }
    step = reached
  }

  /// What the state has and a model has not.
  static let stepKey = "training.step"

  /// Means of squares: a step divides by their roots.
  private static func checkSecondMoments(_ stored: ModelTensor) throws(ModelFileError) {
    let bytes = stored.bytes
    for start in stride(from: 0, to: bytes.count, by: MemoryLayout<Float>.size) {
      let value = bytes.loadUnaligned(fromByteOffset: start, as: Float.self)
      guard value >= 0, value.isFinite else {
        throw stored.failure(
          "value", expected: "finite numbers, 0 or more",
          actual: "\(value.spelled) at \(start / MemoryLayout<Float>.size)")
      }
    }
  }

  /// What a step's bits follow from, besides what tensors hold.
  private var conditions: [String: String] {
    var texts = decoder.configuration.texts(tiesEmbedding: decoder.parameters.tiesEmbedding)
    texts.merge(options.texts) { $1 }
    texts["training.text"] = "\(text.ids.count) tokens, hash \(String(text.hash, radix: 16))"
    return texts
  }

  private var buffers: [(prefix: String, buffer: AlignedBuffer<Float>)] {
    [("", decoder.values), ("first_moment.", firstMoments), ("second_moment.", secondMoments)]
  }
}
