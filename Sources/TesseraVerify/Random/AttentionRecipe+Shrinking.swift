extension AttentionRecipe {
  public var smaller: [AttentionRecipe] {
    var smaller: [AttentionRecipe] = []
    func add(_ change: (inout AttentionRecipe) -> Void) {
      var recipe = self
      change(&recipe)
      if recipe != self { smaller.append(recipe) }
    }
    let plain = AttentionRecipe()
    add { $0.values = plain.values }
    add { $0.layout = nil }
    add { $0.rowsFirst = false }
    add { $0.namesDropoutSequences = false }
    add { $0.dropProbability = nil }
    add { $0.booleanMask = nil }
    add { $0.biasGradient = nil }
    add { ($0.bias, $0.biasGradient) = (nil, nil) }
    add { $0.softcap = nil }
    add { $0.slopes = nil }
    add { $0.hasSinks = false }
    add { $0.packing = nil }
    add { $0.queryLengths = nil }
    add { $0.lengths = nil }
    add { $0.offsets = nil }
    add { $0.documentStarts = nil }
    add { $0.blockMask = nil }
    if blockMask != nil {
      add { $0.blockMask?.percent = 0 }
      add { $0.blockMask?.percent = 100 }
      add { $0.blockMask?.broadcast = 3 }
      add { $0.blockMask?.queriesPerBlock = 1 }
      add { $0.blockMask?.keysPerBlock = 1 }
    }
    if let starts = documentStarts, starts.count > 1 { add { $0.documentStarts = [starts[0]] } }
    for index in documentStarts?.first?.indices ?? 0..<0 where documentStarts!.count == 1 {
      add { $0.documentStarts![0].remove(at: index) }
    }
    add { $0.scale = nil }
    add { $0.writesLogSumExp = false }
    add { ($0.mask, $0.left, $0.right) = (.full, nil, nil) }
    add { $0.left = nil }
    add { $0.right = nil }
    for extent in [
      \AttentionRecipe.batch, \.heads, \.groupSize, \.queries, \.keys, \.valueDimension, \.dimension,
    ] where self[keyPath: extent] > 1 {
      add { $0[keyPath: extent] = 1 }
      add { $0[keyPath: extent] /= 2 }
      add { $0[keyPath: extent] -= 1 }
    }
    return smaller
  }
}
