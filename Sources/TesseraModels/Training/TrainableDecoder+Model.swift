import Tessera

extension TrainableDecoder {
  /// A model's weights as first values: stored ones as the floats that they stand for.
  ///
  /// The decoder has the model's sizes. It may have fewer layers, which are then the model's first, another context
  /// length, and the other pairing of rotary columns: rows of queries and keys are then put into its order, so that a
  /// model out of a GGUF file can be trained, and saved as Hugging Face's files are. Where weights are tied the model's
  /// are too. Throws before anything is written where sizes differ, or the model has biases or divided frequencies.
  public func initialize(from model: DecoderModel) throws {
    try check(model)
    let (sizes, weights) = (configuration, model.weights)
    try fill(parameters.embedding, [weights.tokenEmbedding])
    if !parameters.tiesEmbedding { try fill(parameters.output, [weights.output]) }
    for (places, layer) in zip(parameters.layers, weights.layers) {
      try fill(places.joint, [layer.queries, layer.keys, layer.values])
      if model.configuration.rotaryPairing != sizes.rotaryPairing {
        reorderPairs(value(places.joint), heads: sizes.queryHeads + sizes.keyValueHeads)
      }
      try fill(places.attentionOutput, [layer.attentionOutput])
      try fill(places.gateAndUp, [layer.gate, layer.up])
      try fill(places.down, [layer.down])
      _ = value(places.attentionNorm).update(fromContentsOf: layer.attentionNorm.elements)
      _ = value(places.feedForwardNorm).update(fromContentsOf: layer.feedForwardNorm.elements)
    }
    _ = value(parameters.outputNorm).update(fromContentsOf: weights.outputNorm.elements)
  }

  private func check(_ model: DecoderModel) throws(TesseraError) {
    var expected = model.configuration
    (expected.contextLength, expected.rotaryPairing) = (configuration.contextLength, configuration.rotaryPairing)
    expected.layers = min(expected.layers, configuration.layers)
    guard configuration == expected else {
      throw Self.invalid("model", expected: "sizes of the decoder, \(configuration)", actual: "\(model.configuration)")
    }
    guard model.weights.rotaryDivisors == nil, !model.weights.layers.contains(where: \.biases.areAny) else {
      throw Self.invalid("model", expected: "no biases and no divisors of frequencies", actual: "some")
    }
    let isTied = model.weights.output.name == model.weights.tokenEmbedding.name
    guard isTied || !parameters.tiesEmbedding else {
      throw Self.invalid("model", expected: "tied weights, as the decoder's are", actual: "an output map of its own")
    }
  }

  /// Matrices one after the other.
  private func fill(_ range: Range<Int>, _ tensors: [ModelTensor]) throws {
    var start = range.lowerBound
    for tensor in tensors {
      let end = start + tensor.rows * tensor.columns
      let place = value(start..<end)
      try tensor.dequantize(rows: 0..<tensor.rows, into: place.mutableSpan)
      start = end
    }
  }

  /// Row 2i + j of a head, of pair i, is row i + j · D / 2 of the other pairing.
  private func reorderPairs(_ rows: UnsafeMutableBufferPointer<Float>, heads: Int) {
    let (dimension, width) = (configuration.headDimension, configuration.width)
    for head in 0..<heads {
      let place = UnsafeMutableBufferPointer(rebasing: rows[head * dimension * width..<(head + 1) * dimension * width])
      let earlier = Array(place)
      for row in 0..<dimension {
        let (interleaved, split) = (row, row / 2 + row % 2 * (dimension / 2))
        let (from, to) = configuration.rotaryPairing == .halfSplit ? (interleaved, split) : (split, interleaved)
        let target = UnsafeMutableBufferPointer(rebasing: place[to * width..<(to + 1) * width])
        _ = target.update(fromContentsOf: earlier[from * width..<(from + 1) * width])
      }
    }
  }
}

extension DecoderWeights.Biases {
  fileprivate var areAny: Bool {
    [queries, keys, values, attentionOutput, gate, up, down].contains { $0 != nil }
  }
}
