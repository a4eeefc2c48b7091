/// The draw of one row, in a workspace.
struct RowDraw {
  private let input: UnsafePointer<Float>
  private let columns: Int
  private let options: SamplingOptions
  private let room: SamplingWorkspace.Row
  private static let blockColumns = SamplingWorkspace.blockColumns
  private var blocks: Int { (columns + Self.blockColumns - 1) / Self.blockColumns }

  /// Copies the row, with −inf for NaN, and finds the greatest of each block.
  init(_ input: UnsafePointer<Float>, columns: Int, _ options: SamplingOptions, _ room: SamplingWorkspace.Row) {
    (self.input, self.columns, self.options, self.room) = (input, columns, options, room)
    for block in 0..<blocks {
      let first = block * Self.blockColumns
      let count = min(Self.blockColumns, columns - first)
      var lanes = SIMD8<Float>(repeating: -.infinity)
      var column = 0
      while column + 8 <= count {
        let values = loadLanes(input, at: first + column, of: columns)
        let logits = values.replacing(with: -.infinity, where: values .!= values)
        storeLanes(logits, to: room.logits, at: first + column, of: columns)
        lanes = lanes.replacing(with: logits, where: logits .> lanes)
        column += 8
      }
      var maximum = lanes.max()
      while column < count {
        let value = input[first + column]
        room.logits[first + column] = value.isNaN ? -.infinity : value
        maximum = max(maximum, room.logits[first + column])
        column += 1
      }
      room.blockMaxima[block] = maximum
    }
  }

  /// Takes the penalty from these columns, −1 aside.
  func penalize(_ recent: UnsafeBufferPointer<Int32>) {
    for token in recent where token >= 0 && !input[Int(token)].isNaN {
      // From the input, so that a token which occurs twice is penalised once.
      room.logits[Int(token)] = options.penalized(input[Int(token)])
      let first = Int(token) / Self.blockColumns * Self.blockColumns
      room.blockMaxima[first / Self.blockColumns] = greatest(
        room.logits + first, count: min(Self.blockColumns, columns - first))
    }
  }

  /// The column that a number in 0 ..< 1 draws.
  func column(at uniform: Double) -> Int {
    let maximum = greatest(room.blockMaxima, count: blocks)
    guard maximum > -.infinity else { return firstPlace(of: maximum, in: input, count: columns) ?? 0 }
    // A temperature too small to divide by leaves the greatest alone, as 0 does.
    guard options.temperature > 0, (2 / options.temperature).isFinite, maximum < .infinity else {
      let block = firstPlace(of: maximum, in: room.blockMaxima, count: blocks)!
      let first = block * Self.blockColumns
      return first + firstPlace(of: maximum, in: room.logits + first, count: min(Self.blockColumns, columns - first))!
    }
    let keepsAll = (options.topK == 0 || options.topK >= columns) && options.topP == 1 && options.minP == 0
    return keepsAll ? drawFromAll(maximum, uniform) : drawFromKept(maximum, uniform)
  }

  private func drawFromAll(_ maximum: Float, _ uniform: Double) -> Int {
    // The sums of blocks take the place of their maxima, which have done their work.
    var total = 0.0
    for block in 0..<blocks {
      let first = block * Self.blockColumns
      let count = min(Self.blockColumns, columns - first)
      // Block by block, so that what was copied is still in the first-level cache.
      (room.weights + first).update(from: room.logits + first, count: count)
      room.blockMaxima[block] = room.exponentials(
        room.weights + first, count: count, minus: maximum, scale: 1 / options.temperature)
      total += Double(room.blockMaxima[block])
    }
    var rest = uniform * total
    var last = 0
    for block in 0..<blocks {
      guard rest < Double(room.blockMaxima[block]) else {
        rest -= Double(room.blockMaxima[block])
        continue
      }
      let first = block * Self.blockColumns
      for column in first..<min(first + Self.blockColumns, columns) where room.weights[column] > 0 {
        last = column
        rest -= Double(room.weights[column])
        if rest < 0 { return column }
      }
    }
    // Sums in another order may differ in their last bits.
    return last
  }

  private func drawFromKept(_ maximum: Float, _ uniform: Double) -> Int {
    let kept = KeptColumns(room, columns: columns, maximum: maximum, options)
    var total = 0.0
    // In order of columns, as all other draws are.
    let bound = kept.last
    var count = 0
    for index in 0..<kept.listed where room.kept[index] <= bound {
      room.other[count] = room.kept[index]
      room.weights[count] = Candidate.logit(room.kept[index])
      count += 1
    }
    _ = room.exponentials(room.weights, count: count, minus: maximum, scale: 1 / options.temperature)
    for index in 0..<count { total += Double(room.weights[index]) }
    var rest = uniform * total
    var last = 0
    for index in 0..<count where room.weights[index] > 0 {
      last = Candidate.column(room.other[index])
      rest -= Double(room.weights[index])
      if rest < 0 { break }
    }
    return last
  }
}
