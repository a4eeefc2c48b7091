/// Which columns top-k, top-p and min-p keep: a prefix of all, in order of logits.
struct KeptColumns {
  /// Columns in the workspace's list `kept`, in order of columns, that hold all kept ones.
  private(set) var listed = 0
  /// The last kept one: those that are not greater are kept too.
  private(set) var last: UInt64 = 0

  private let room: SamplingWorkspace.Row
  private let columns: Int
  private let maximum: Float
  private static let blockColumns = SamplingWorkspace.blockColumns
  private var blocks: Int { (columns + Self.blockColumns - 1) / Self.blockColumns }

  /// How far below the greatest the logits are that top-p looks at before all where top-k keeps all. Of usual models'
  /// rows they are some hundreds, and hold more than 99 %.
  private static let firstReach: Float = 8

  init(_ room: SamplingWorkspace.Row, columns: Int, maximum: Float, _ options: SamplingOptions) {
    (self.room, self.columns, self.maximum) = (room, columns, maximum)
    let least = options.minP > 0 ? maximum + naturalLogarithm(options.minP) : -.infinity
    var count: Int
    if options.topK > 0, options.topK < columns {
      list(atLeast: bound(ofGreatest: options.topK))
      sort()
      count = min(options.topK, listed)
      if options.topP < 1 { count = shortest(count, reaching: options.topP, of: nil) }
    } else if options.topP < 1 {
      room.weights.update(from: room.logits, count: columns)
      let total = room.exponentials(room.weights, count: columns, minus: maximum, scale: 1)
      list(atLeast: maximum - Self.firstReach)
      sort()
      count = shortest(listed, reaching: options.topP, of: Double(total))
      if count > listed {
        list(atLeast: -.infinity)
        sort()
        count = min(listed, shortest(listed, reaching: options.topP, of: Double(total)))
      }
    } else {
      // Which is all that is asked for.
      list(atLeast: least)
      last = .max
      return
    }
    while count > 1, Candidate.logit(room.sorted[count - 1]) < least { count -= 1 }
    last = room.sorted[count - 1]
  }

  /// A number that at least `count` logits are not below: of blocks, the count-th greatest of their greatest.
  private func bound(ofGreatest count: Int) -> Float {
    guard count <= blocks else { return -.infinity }
    for block in 0..<blocks { room.kept[block] = Candidate.make(room.blockMaxima[block], column: block) }
    CandidateSort.sort(room.kept, count: blocks, to: room.sorted, with: room.other, counts: room.counts)
    return Candidate.logit(room.sorted[count - 1])
  }

  private mutating func list(atLeast least: Float) {
    listed = 0
    for block in 0..<blocks where room.blockMaxima[block] >= least {
      let first = block * Self.blockColumns
      for column in first..<min(first + Self.blockColumns, columns) where room.logits[column] >= least {
        room.kept[listed] = Candidate.make(room.logits[column], column: column)
        listed += 1
      }
    }
  }

  private func sort() {
    CandidateSort.sort(room.kept, count: listed, to: room.sorted, with: room.other, counts: room.counts)
  }

  /// How many of the first `count` sorted ones have a part of at least `part` in a total, of those themselves where
  /// nil; one more than `count` where all together have not.
  private func shortest(_ count: Int, reaching part: Float, of total: Double?) -> Int {
    for index in 0..<count { room.weights[index] = Candidate.logit(room.sorted[index]) }
    _ = room.exponentials(room.weights, count: count, minus: maximum, scale: 1)
    let total = total ?? (0..<count).reduce(0.0) { $0 + Double(room.weights[$1]) }
    var sum = 0.0
    for index in 0..<count {
      sum += Double(room.weights[index])
      if sum >= Double(part) * total { return index + 1 }
    }
    return count + 1
  }
}
