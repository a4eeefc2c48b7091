import Tessera

extension AttentionRecipe {
  /// Recipe `index` of a seed: mostly small, each option set in about a third of them.
  public init(seed: UInt64, index: Int) {
    var source = DrawingSource(seed: seed, stream: index)
    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &source) < percent }
    func one<Element>(of elements: [Element]) -> Element { elements.randomElement(using: &source)! }
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &source) }
    self.init()
    batch = one(of: [1, 1, 2, 3])
    heads = one(of: [1, 1, 2, 3])
    groupSize = one(of: [1, 1, 2, 3, 4])
    // Up to 8 folded rows are computed where keys lie, more in packed tiles.
    queries = chance(50) ? number(1...4) : one(of: [number(5...16), number(17...40)])
    keys = chance(15) ? queries : one(of: [number(1...20), number(1...70), number(60...140)])
    dimension = one(of: [number(1...9), number(1...33), one(of: [16, 32, 64, 65])])
    valueDimension = chance(40) ? dimension : one(of: [number(1...9), number(1...33), one(of: [16, 64, 70])])
    if chance(4) {
      // Few rows, whose keys are split from 257 on; a range ends at each 256.
      keys = number(257...700)
      queries = number(1...max(1, 8 / groupSize))
      (dimension, valueDimension) = (number(1...16), chance(50) ? dimension : number(1...16))
    }
    if chance(4) {
      // Enough keys to be split where rows are many, too.
      keys = chance(75) ? number(1024...1400) : number(2048...2300)
      (batch, heads, queries) = (1, 1, chance(75) ? number(1...3) : number(9...14))
      (dimension, valueDimension) = (number(1...8), chance(50) ? dimension : number(1...8))
    }
    if chance(3) { (queries, dimension) = (number(120...140), number(1...8)) }
    if chance(2) { self[keyPath: one(of: [\Self.batch, \Self.heads, \Self.queries, \Self.keys])] = 0 }
    if chance(30) { scale = one(of: [0, 1, -0.4, 0.05]) }
    mask = one(of: Mask.allCases)
    alignment = one(of: AttentionMask.Alignment.allCases).rawValue
    if mask == .window {
      left = chance(30) ? nil : number(-1...max(1, keys))
      right = chance(30) ? nil : number(-1...max(1, one(of: [3, keys])))
    }
    if chance(30) { lengths = (0..<3).map { _ in number(0...keys) } }
    if chance(30) { softcap = one(of: [0.5, 3, 20, 0]) }
    if chance(35) { bias = chance(40) ? 0 : number(0...7) }
    if chance(35) { booleanMask = chance(40) ? 0 : number(0...7) }
    if chance(40) { dropProbability = one(of: [0, 0.1, 0.5, 1]) }
    namesDropoutSequences = chance(30)
    writesLogSumExp = chance(60)
    rowsFirst = chance(40)
    if chance(40) { layout = one(of: AttentionLayout.allCases) }
    // Hundreds of equal numbers round the same way each time they are added: no measure for anything else.
    if layout == .repeatedRows, keys >= 257 { layout = .gaps }
    if chance(30) { offsets = (0..<2).map { _ in number(-queries - 2...keys + 2) } }
    if chance(30) { slopes = one(of: AttentionSlopes.allCases) }
    hasSinks = chance(30)
    values = chance(30) ? .ordinary : one(of: AttentionValues.allCases)
    if chance(35) { queryLengths = (0..<3).map { _ in number(0...queries) } }
    if chance(40) { packing = one(of: [.packed, .packed, .reversed, .packedQueries, .packedKeys]) }
    if let bias, chance(80) { biasGradient = chance(50) ? bias : number(0...7) }
    if chance(30) {
      // One document and empty ones among them, and starts past the last key.
      documentStarts = (0..<2).map { _ in (0..<number(0...6)).map { _ in number(0...keys + 3) }.sorted() }
    }
    if chance(35) {
      blockMask = BlockMaskRecipe(
        queriesPerBlock: one(of: [1, number(1...20), 16, 48]), keysPerBlock: one(of: [number(1...20), 16, 64, 100]),
        broadcast: chance(40) ? 0 : number(0...3), percent: one(of: [0, 20, 50, 80, 100]),
        seed: UInt64(number(0...999)))
    }
  }
}
