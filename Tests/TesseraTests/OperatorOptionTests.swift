import Tessera
import Testing

/// What an operator's descriptor does not declare, a call of it may not give.
@Suite struct OperatorOptionTests {
  @Test(arguments: OperatorCatalog.entries.map(\.descriptor.name)) func anotherOptionIsRefused(name: String) throws {
    let entry = try OperatorCatalog.entry(named: name)
    let plain = OperatorRequest(
      extents: Extents(Dictionary(uniqueKeysWithValues: entry.descriptor.extents.map { ($0, 4) })))
    #expect(plain.options.isEmpty)
    for option in OperatorOption.allCases {
      var request = plain
      give(option, to: &request)
      #expect(request.options == [option])
      guard !entry.descriptor.options.contains(option) else { continue }
      let error = #expect(throws: TesseraError.self, "\(option)") { try entry.prepare(request, context: .standard()) }
      #expect(
        error?.description == "\(name): \(option.rawValue): expected none, the operator does not have it, got one")
    }
  }

  /// Set to the value that it has anyway, it is given all the same.
  private func give(_ option: OperatorOption, to request: inout OperatorRequest) {
    switch option {
    case .activation: request.activation = .relu
    case .weightType: request.weightType = .float32
    case .scale: request.scale = 1
    case .mask: request.mask = .full
    case .attention: request.attention = AttentionProblem(request.extents)
    case .dropout: request.dropProbability = 0.1
    case .epsilon: request.epsilon = 1e-5
    case .bias: request.hasBias = false
    case .sum: request.returnsSum = true
    case .transposedRight: request.transposesRight = true
    case .packedWeights: request.packsWeights = true
    case .rotary: request.rotary = RotaryEmbeddingOptions()
    case .sampling: request.sampling = SamplingOptions()
    case .crossEntropy: request.crossEntropy = CrossEntropyOptions()
    case .adamW: request.adamW = AdamWOptions()
    case .inPlace: request.isInPlace = true
    }
  }
}
