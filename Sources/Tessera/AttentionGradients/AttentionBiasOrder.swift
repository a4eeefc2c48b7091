/// In which order the key-value heads of sequences add to the gradient of the bias: a function of the problem alone.
///
/// Where the gradient is summed over sequences or heads, several of them add to the same elements. Every element is
/// added to in the order of sequences and heads: an item waits for those before it that add to the same elements. In
/// which order items are handed out is another matter, which changes no bit.
package struct AttentionBiasOrder {
  /// Whether the query heads b · Hq + h are the first on their elements, which they then write instead of adding.
  let begins: [Bool]
  /// Key-value heads of sequences that can run at the same time, on average.
  let width: Int
  /// How many at most add to the same elements, one after the other.
  let depth: Int
  /// Where the elements of each place b · Hkv + g, a key-value head of a sequence, begin, of each of its query heads.
  private let starts: [[Int]]

  /// The problem has been checked. nil where it does not want the gradient.
  init?(_ problem: AttentionProblem) {
    guard let layout = problem.gradients.bias else { return nil }
    let places = 0..<problem.batch * problem.keyValueHeads
    starts = places.map { place in
      (place * problem.groupSize..<(place + 1) * problem.groupSize).map { layout.start(ofPlane: $0) }
    }
    var begins: [Bool] = []
    // For where a head's elements begin: how many are one after the other there.
    var counts: [Int: Int] = [:]
    for starts in starts {
      let count = starts.reduce(0) { max($0, counts[$1] ?? 0) }
      for start in starts {
        begins.append(counts[start] == nil)
        counts[start] = count + 1
      }
    }
    self.begins = begins
    depth = max(1, counts.values.max() ?? 0)
    width = places.count / depth
  }

  /// Memory that it takes.
  var byteCount: Int { starts.reduce(begins.byteCount + starts.byteCount) { $0 + $1.byteCount } }

  /// An item of the call, and those that have to have run before it.
  package struct Turn {
    package let item: Int
    package let earlier: [Int]
  }

  /// The turns of all items in an order in which each comes behind those that it waits for. `items` of a place are
  /// those of its ranges of keys, in ascending order, of which each waits for the one before it, too, where
  /// `rangesWait`.
  ///
  /// Items of one range of keys that add to the same elements are a chain: each waits for the one before it. About
  /// `chainsUnderWay` are begun and not ended, and one item of each comes after the other: more than there are threads,
  /// so that they wait little, but not many, so that the elements stay in the cache until the next item adds to
  /// them. Where ranges wait, a chain begins a step behind that of the range before it.
  func turns(chainsUnderWay: Int, rangesWait: Bool, items: (_ place: Int) -> Range<Int>) -> [Turn] {
    var handedOut = steps(chainsUnderWay: chainsUnderWay, rangesWait: rangesWait, items).flatMap { $0 }
    let earlier = earlier(rangesWait: rangesWait, items)
    var hasRun = Set<Int>()
    // Heads of one group that share their elements with different others may break it: then places one by one.
    let isInOrder = handedOut.allSatisfy { item in
      hasRun.insert(item)
      return earlier[item, default: []].allSatisfy { hasRun.contains($0) }
    }
    if !isInOrder { handedOut = starts.indices.flatMap { Array(items($0)) } }
    return handedOut.map { Turn(item: $0, earlier: earlier[$0, default: []]) }
  }

  /// The items of each step, of which none waits for another of its step or of a later one.
  private func steps(chainsUnderWay: Int, rangesWait: Bool, _ items: (_ place: Int) -> Range<Int>) -> [[Int]] {
    // The places of each first element.
    var order: [Int] = []
    var placesOfStart: [Int: [Int]] = [:]
    for (place, starts) in starts.enumerated() {
      guard let start = starts.first else { continue }
      if placesOfStart[start] == nil { order.append(start) }
      placesOfStart[start, default: []].append(place)
    }
    let heads = order.map { placesOfStart[$0]!.map(items) }
    let rangeCounts = heads.map { $0.map(\.count).max() ?? 0 }
    var steps: [[Int]] = []
    // Where each of the chains under way ends.
    var ends = [Int](repeating: 0, count: Self.underWay(of: rangeCounts.reduce(0, +), wanted: chainsUnderWay))
    for (all, rangeCount) in zip(heads, rangeCounts) {
      var begin = 0
      for range in 0..<rangeCount {
        let free = ends.indices.min { ends[$0] < ends[$1] }!
        begin = max(ends[free], rangesWait && range > 0 ? begin + 1 : 0)
        ends[free] = begin + all.count
        while steps.count < ends[free] { steps.append([]) }
        // A place that has fewer ranges leaves its steps empty, so that the others stay behind their earlier ranges.
        for (step, items) in all.enumerated() where range < items.count {
          steps[begin + step].append(items.lowerBound + range)
        }
      }
    }
    return steps
  }

  /// How many chains are under way at once: as many as wanted; where the last ones would be fewer than half of those,
  /// and threads would wait for each other there, as many less as make all rounds alike.
  private static func underWay(of chains: Int, wanted: Int) -> Int {
    let (rounds, left) = chains.quotientAndRemainder(dividingBy: wanted)
    guard rounds > 0, left > 0, 2 * left < wanted else { return wanted }
    return (chains + rounds) / (rounds + 1)
  }

  /// Of each item the last ones before it, in the order of places, that add to elements of its; and the range before
  /// it, where ranges wait.
  private func earlier(rangesWait: Bool, _ items: (_ place: Int) -> Range<Int>) -> [Int: [Int]] {
    struct Elements: Hashable { let start, range: Int }
    var last: [Elements: Int] = [:]
    var earlier: [Int: [Int]] = [:]
    for (place, starts) in starts.enumerated() {
      for (range, item) in items(place).enumerated() {
        let before = Set(starts.compactMap { last[Elements(start: $0, range: range)] })
        earlier[item] = before.sorted() + (rangesWait && range > 0 ? [item - 1] : [])
        for start in starts { last[Elements(start: start, range: range)] = item }
      }
    }
    return earlier
  }
}
