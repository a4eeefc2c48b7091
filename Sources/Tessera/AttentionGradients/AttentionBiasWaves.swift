/// In which order the key-value heads of sequences add to the gradient of the bias: a function of the problem alone.
///
/// Where the gradient is summed over sequences or heads, several of them add to the same elements. They do so wave by
/// wave: in a wave no two share an element, so that its items may run at the same time without a lock. Every element is
/// added to in the order of sequences and heads.
struct AttentionBiasWaves {
  /// Of each wave its places b · Hkv + g, in ascending order.
  let waves: [[Int]]
  /// Whether the query heads b · Hq + h are the first on their elements, which they then write instead of adding.
  let begins: [Bool]

  /// The problem has been checked. nil where it does not want the gradient.
  init?(_ problem: AttentionProblem) {
    guard let layout = problem.gradients.bias else { return nil }
    var waves: [[Int]] = []
    var begins: [Bool] = []
    // For where a head's elements begin: the wave after the last that adds to them.
    var next: [Int: Int] = [:]
    for place in 0..<problem.batch * problem.keyValueHeads {
      let planes = place * problem.groupSize..<(place + 1) * problem.groupSize
      let starts = planes.map { layout.start(ofPlane: $0) }
      let wave = starts.reduce(0) { max($0, next[$1] ?? 0) }
      for start in starts {
        begins.append(next[start] == nil)
        next[start] = wave + 1
      }
      if wave == waves.count { waves.append([]) }
      waves[wave].append(place)
    }
    (self.waves, self.begins) = (waves, begins)
  }

  /// Key-value heads of sequences in a wave, their mean.
  var width: Int { waves.reduce(0) { $0 + $1.count } / max(1, waves.count) }
}
