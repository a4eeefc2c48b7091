import Tessera

extension DecoderWeights {
  /// Weights from a file's tensors, by their names in Hugging Face's files. Throws where one is missing, has another
  /// shape, is of a type that cannot be read, or belongs to no operator of the decoder.
  public init(_ file: SafetensorsFile, _ sizes: DecoderConfiguration) throws {
    // A list of tensors is only made where the file may have them.
    guard file.tensorNames.count / DecoderTensorNames.OfLayer.allCases.count >= sizes.layers else {
      throw file.textFailure(
        DecoderConfiguration.layersKey, expected: "as many as the file has tensors of", actual: "\(sizes.layers)")
    }
    let parameters = try DecoderParameters(
      sizes, tiesEmbedding: try file.value(DecoderConfiguration.tiesEmbeddingKey))
    let tensors = try file.tensors(of: parameters)
    func matrix(_ name: String) -> ModelTensor { tensors[name]! }
    func vector(_ name: String) throws -> AlignedBuffer<Float> {
      let floats = try AlignedBuffer<Float>(uninitializedCount: sizes.width)
      try tensors[name]!.dequantize(rows: 0..<1, into: floats.elements.mutableSpan)
      return floats
    }
    tokenEmbedding = matrix(DecoderTensorNames.embedding)
    output = parameters.tiesEmbedding ? tokenEmbedding : matrix(DecoderTensorNames.output)
    outputNorm = try vector(DecoderTensorNames.outputNorm)
    layers = []
    for index in 0..<sizes.layers {
      func matrix(_ tensor: DecoderTensorNames.OfLayer) -> ModelTensor { tensors[tensor.name(inLayer: index)]! }
      layers.append(
        Layer(
          attentionNorm: try vector(DecoderTensorNames.OfLayer.attentionNorm.name(inLayer: index)),
          queries: matrix(.queries), keys: matrix(.keys), values: matrix(.values),
          attentionOutput: matrix(.attentionOutput),
          feedForwardNorm: try vector(DecoderTensorNames.OfLayer.feedForwardNorm.name(inLayer: index)),
          gate: matrix(.gate), up: matrix(.up), down: matrix(.down), biases: Biases()))
    }
  }
}

extension DecoderModel {
  /// A decoder that training here has written. Throws where sizes or tensors are missing or wrong.
  public init(_ file: SafetensorsFile) throws {
    let sizes = try DecoderConfiguration(file)
    self.init(configuration: sizes, weights: try DecoderWeights(file, sizes))
    _ = try rotaryTable(positions: 1)
  }
}

extension SafetensorsFile {
  /// All tensors of a decoder, and no others, by name.
  fileprivate func tensors(of parameters: DecoderParameters) throws(ModelFileError) -> [String: ModelTensor] {
    var tensors: [String: ModelTensor] = [:]
    for expected in parameters.tensors {
      let tensor = try tensor(named: expected.name)
      guard tensor.shape == expected.shape else {
        throw tensor.failure("shape", expected: "\(expected.shape)", actual: "\(tensor.shape)")
      }
      tensors[expected.name] = tensor
    }
    if let name = tensorNames.first(where: { tensors[$0] == nil }) {
      throw try tensor(named: name).failure(
        "name", expected: "one of a tensor that the decoder reads", actual: "one that it does not")
    }
    return tensors
  }
}
