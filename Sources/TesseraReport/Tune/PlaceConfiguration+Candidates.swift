import Tessera

extension PlaceConfiguration {
  /// What a place can be, the default first.
  package static func candidates(_ place: LayerPlace, instructionSet: InstructionSet) -> [PlaceConfiguration] {
    let plain = PlaceConfiguration(place, instructionSet: instructionSet)
    let placements: [HeadPlacement?] = plain.heads == nil ? [nil] : HeadPlacement.allCases
    if place == .attention {
      var stored = plain
      (stored.isFused, stored.heads) = (false, .tokenRows)
      return placements.map { placement in
        var candidate = plain
        candidate.heads = placement
        return candidate
      } + [stored]
    }
    var cuts = [ProductTuning()]
    cuts += [128, 384, 512].map { ProductTuning(rowsPerBlock: $0) } + [ProductTuning(packsWhole: false)]
    // The next narrower tile, on processors that have a choice; a norm's sums would round otherwise.
    let narrower =
      [.out, .linear2].contains(place)
      ? nil : InstructionSet.available.filter { $0 < instructionSet && $0 != .portable }.max()
    let ways = cuts.map { (instructionSet, $0) } + (narrower.map { [($0, ProductTuning())] } ?? [])
    return placements.flatMap { placement in
      [true, false].flatMap { isFused in
        ways.map { set, products in
          var candidate = plain
          (candidate.heads, candidate.isFused) = (placement, isFused)
          (candidate.instructionSet, candidate.products) = (set, products)
          return candidate
        }
      }
    }
  }
}
