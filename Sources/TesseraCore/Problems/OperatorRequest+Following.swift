extension OperatorRequest {
  /// A call of another operator of the same sizes, mode and draws, with those options of this call that the other has.
  /// Its layouts are contiguous, but for those of an attention problem.
  package func call(of descriptor: OperatorDescriptor) -> OperatorRequest {
    var call = OperatorRequest(extents: extents)
    (call.mode, call.seed, call.offset) = (mode, seed, offset)
    for option in options where descriptor.options.contains(option) {
      switch option {
      case .activation: call.activation = activation
      case .weightType: call.weightType = weightType
      case .scale: call.scale = scale
      case .mask: call.mask = mask
      case .attention: call.attention = attention
      case .dropout: call.dropProbability = dropProbability
      case .epsilon: call.epsilon = epsilon
      case .bias: call.hasBias = hasBias
      case .sum: call.returnsSum = returnsSum
      case .transposedRight: call.transposesRight = transposesRight
      case .packedWeights: call.packsWeights = packsWeights
      case .rotary: call.rotary = rotary
      case .sampling: (call.sampling, call.recentTokens) = (sampling, recentTokens)
      case .crossEntropy: call.crossEntropy = crossEntropy
      case .adamW: call.adamW = adamW
      case .inPlace: call.isInPlace = isInPlace
      }
    }
    return call
  }
}
