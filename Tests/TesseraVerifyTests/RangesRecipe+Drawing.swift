import Tessera
import TesseraVerify

extension RangesRecipe {
  /// Recipe `index` of a seed.
  init(seed: UInt64, index: Int) {
    var source = DrawingSource(seed: seed, stream: index)
    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &source) < percent }
    func one<Element>(of elements: [Element]) -> Element { elements.randomElement(using: &source)! }
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &source) }
    self.init()
    type = one(of: Self.types + [.float32, .bfloat16]).rawValue
    let isQuantised = storedType.blockElements > 1
    (heads, groupSize) = (one(of: [1, 1, 2, 3]), one(of: [1, 1, 2, 3, 4]))
    // Up to 8 folded rows read keys where they lie, more pack them.
    queries = chance(60) ? number(1...4) : one(of: [number(5...16), number(17...40)])
    width = isQuantised ? number(1...2) : one(of: [number(1...9), number(1...33), one(of: [16, 32, 64, 65])])
    valueWidth = isQuantised || chance(40) ? width : one(of: [number(1...9), number(1...33), one(of: [16, 64, 70])])
    lengths = (0..<one(of: [1, 1, 2, 3])).map { _ in one(of: [number(0...20), number(1...140), 64 * number(1...4)]) }
    if chance(8) {
      // Enough room for keys to be split.
      (heads, queries, room) = (1, number(1...3), chance(50) ? 1100 : 0)
      lengths = [number(1024...1300), number(0...600)].shuffled(using: &source)
      if !isQuantised { (width, valueWidth) = (number(1...8), number(1...8)) }
    }
    if chance(40) { room += number(0...200) }
    granules = (0..<3).map { _ in one(of: [1, 1, 2, 3, 8]) }
    places = UInt64(number(0...1 << 30))
    (keyGap, valueGap) = (chance(50) ? 0 : number(1...5), chance(50) ? 0 : number(1...5))
    (headsLieApart, rowsFirst) = (chance(50), chance(50))
    mask = one(of: AttentionRecipe.Mask.allCases)
    alignment = one(of: AttentionMask.Alignment.allCases).rawValue
    if mask == .window {
      left = chance(30) ? nil : number(0...150)
      right = chance(30) ? nil : number(0...3)
    }
    if chance(20) { scale = one(of: [0, 1, -0.4, 0.05]) }
    if chance(20) { softcap = one(of: [0.5, 3]) }
    if chance(15) { dropProbability = one(of: [0.1, 0.5]) }
    if chance(25) { keysPerBlock = one(of: [1, 30, 64, 200]) }
    let longest = lengths.max() ?? 0
    if chance(30) { offsets = (0..<2).map { _ in number(-queries - 2...longest + 2) } }
    if chance(30) { slopes = one(of: AttentionSlopes.allCases) }
    hasSinks = chance(30)
    if chance(30) { bias = chance(40) ? 0 : number(1...7) }
    if chance(30) { booleanMask = chance(40) ? 0 : number(1...7) }
    writesLogSumExp = chance(50)
    if chance(25) { documentStarts = (0..<number(0...5)).map { _ in number(0...300) }.sorted() }
    if chance(30) { queryLengths = (0..<3).map { _ in number(0...queries) } }
    packsQueries = chance(30)
  }

  /// Recipes with one option less or one extent smaller, options first.
  private var smaller: [RangesRecipe] {
    var smaller: [RangesRecipe] = []
    func add(_ change: (inout RangesRecipe) -> Void) {
      var recipe = self
      change(&recipe)
      if recipe != self { smaller.append(recipe) }
    }
    add { $0.packsQueries = false }
    add { $0.queryLengths = nil }
    add { $0.dropProbability = nil }
    add { $0.booleanMask = nil }
    add { $0.bias = nil }
    add { $0.slopes = nil }
    add { $0.hasSinks = false }
    add { $0.offsets = nil }
    add { $0.writesLogSumExp = false }
    add { $0.documentStarts = nil }
    add { $0.keysPerBlock = nil }
    add { $0.softcap = nil }
    add { $0.scale = nil }
    add { ($0.mask, $0.left, $0.right) = (.full, nil, nil) }
    add { $0.rowsFirst = false }
    add { $0.headsLieApart = false }
    add { ($0.keyGap, $0.valueGap) = (0, 0) }
    add { $0.granules = [1] }
    add { $0.granules = [64] }
    add { $0.places = 0 }
    add { $0.room = 0 }
    add { $0.type = ElementType.float32.rawValue }
    for place in lengths.indices where lengths.count > 1 { add { $0.lengths.remove(at: place) } }
    for place in lengths.indices where lengths[place] > 0 {
      add { $0.lengths[place] /= 2 }
      add { $0.lengths[place] -= 1 }
    }
    for extent in [\RangesRecipe.heads, \.groupSize, \.queries, \.valueWidth, \.width] where self[keyPath: extent] > 1 {
      add { $0[keyPath: extent] = 1 }
      add { $0[keyPath: extent] -= 1 }
    }
    return smaller
  }

  /// The smallest recipe that is reached by steps that all fail, in at most so many tries.
  func shrunk(tries: Int = 1000, where fails: (RangesRecipe) -> Bool) -> RangesRecipe {
    var (recipe, left) = (self, tries)
    while left > 0 {
      let next = recipe.smaller.first {
        left -= 1
        return left >= 0 && fails($0)
      }
      guard let next else { break }
      recipe = next
    }
    return recipe
  }
}
