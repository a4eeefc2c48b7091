import Tessera

/// The cases of one operator, from the shape of its descriptor: an operator that is new to the catalog has them too.
public enum CaseList {
  public static func cases(for descriptor: OperatorDescriptor) throws(TesseraError) -> [VerificationCase] {
    let extents = Set(descriptor.extents)
    var cases =
      if descriptor.name == OperatorDescriptor.attentionInputBias.name {
        attentionInputBiasCases()
      } else if descriptor.name == OperatorDescriptor.linearAttentionInputBias.name {
        linearAttentionInputBiasCases()
      } else if descriptor.name == OperatorDescriptor.attentionGradients.name {
        try attentionGradientCases()
      } else if extents.contains(.queryHeads) {
        try attentionCases()
      } else if descriptor.name == OperatorDescriptor.rotaryEmbedding.name {
        rotaryEmbeddingCases(descriptor)
      } else if descriptor.name == OperatorDescriptor.cacheAppend(.float32).name {
        cacheAppendCases()
      } else if descriptor.name == OperatorDescriptor.embeddingRowsGradient.name {
        embeddingRowsGradientCases()
      } else if extents.contains(.vocabulary) {
        embeddingRowsCases()
      } else if descriptor.name == OperatorDescriptor.storedLinear.name {
        storedLinearCases()
      } else if LinearGradientRecipe.operators.map(\.name).contains(descriptor.name) {
        linearGradientCases(descriptor)
      } else if descriptor.name == OperatorDescriptor.linearCrossEntropy.name {
        linearCrossEntropyCases()
      } else if !extents.contains(.depth) {
        rowCases(descriptor)
      } else if extents.contains(.planes) {
        batchedContractionCases()
      } else {
        linearCases(descriptor)
      }
    // Where no case says what to multiply by, not by 1.
    if descriptor.options.contains(.scale) {
      for index in cases.indices where cases[index].scale == 1 { cases[index].scale = 0.125 }
    }
    // Guard pages take turns between the ends.
    for index in cases.indices where cases[index].placement == nil {
      cases[index].placement = GuardedBuffer.Placement.allCases[index % GuardedBuffer.Placement.allCases.count]
    }
    return cases
  }

  /// One less, itself, one more.
  static func around(_ tiles: Int...) -> [Int] { tiles.flatMap { [$0 - 1, $0, $0 + 1] } }
}

extension OperatorDescriptor {
  /// Whether it is, or fuses, the operator of this name: which options mean something to it.
  func contains(_ name: String) -> Bool { self.name == name || fuses.contains(name) }

  /// The inputs whose place the first output that can takes, one a case; none for an operator that cannot work in
  /// place.
  var inputsInPlace: [String] { writes.lazy.compactMap { aliasing[$0.name] }.first ?? [] }
}
