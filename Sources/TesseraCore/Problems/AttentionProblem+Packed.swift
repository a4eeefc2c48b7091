extension AttentionProblem {
  /// Sequences of these lengths packed one after the other, without gaps: queries and output are [T, H, D] (rows first)
  /// or [H, T, D] of T = Σ lengths tokens, keys and values the same of theirs. As many keys as queries unless given.
  ///
  /// Bias and Boolean mask keep planes B·Hq of Lq × Lk, the longest; `queryLength` and `keyLength` are those.
  public init(
    packed queryLengths: [Int], keyLengths: [Int]? = nil, queryHeads: Int, keyValueHeads: Int? = nil,
    headDimension: Int, valueDimension: Int? = nil, order: HeadOrder = .rowsFirst
  ) {
    let keyLengths = keyLengths ?? queryLengths
    self.init(
      batch: queryLengths.count, queryHeads: queryHeads, keyValueHeads: keyValueHeads,
      queryLength: queryLengths.max() ?? 0, keyLength: keyLengths.max() ?? 0, headDimension: headDimension,
      valueDimension: valueDimension, order: order)
    (self.queryLengths, self.keyLengths) = (queryLengths, keyLengths)
    let (queryStarts, queryTotal) = Self.starts(of: queryLengths)
    let (keyStarts, keyTotal) = Self.starts(of: keyLengths)
    (self.queryStarts, self.keyStarts) = (queryStarts, keyStarts)
    func layout(_ heads: Int, _ rows: Int, _ columns: Int) -> BatchedMatrixLayout {
      BatchedMatrixLayout(batch: 1, heads: heads, rows: rows, columns: columns, order: order)
    }
    queries = layout(self.queryHeads, queryTotal, self.headDimension)
    keys = layout(self.keyValueHeads, keyTotal, self.headDimension)
    values = layout(self.keyValueHeads, keyTotal, self.valueDimension)
    output = layout(self.queryHeads, queryTotal, self.valueDimension)
    gradients = GradientLayouts(output: output, queries: queries, keys: keys, values: values)
  }

  /// Where each of neighbouring runs of these lengths begins, and where the last ends. Lengths are checked later; until
  /// then a sum may wrap.
  private static func starts(of lengths: [Int]) -> (starts: [Int], total: Int) {
    var total = 0
    let starts = lengths.map { length in
      defer { total &+= length }
      return total
    }
    return (starts, total)
  }
}

extension AttentionProblem {
  /// Queries of a sequence.
  @inlinable
  package func queryLength(ofSequence sequence: Int) -> Int { queryLengths?[sequence] ?? queryLength }

  /// Rows that keys and values of a sequence have: where sequences are not packed all that there is room for.
  @inlinable
  package func keyRoom(ofSequence sequence: Int) -> Int {
    keyStarts == nil ? keyLength : keyLengths?[sequence] ?? keyLength
  }

  /// Queries of all sequences, of one head.
  package var queryTokens: Int { queryLengths?.reduce(0, +) ?? batch * queryLength }

  /// Rows that outputs have for them: where sequences are not packed all that there is room for.
  package var queryRows: Int { queryStarts == nil ? batch * queryLength : queryTokens }

  /// The same of keys.
  package var keyRows: Int {
    keyStarts == nil ? batch * keyLength : keyLengths?.reduce(0, +) ?? batch * keyLength
  }

  /// Log-sum-exps, those of rows that belong to no sequence among them.
  package var logSumExpCount: Int { queryHeads * (queryStarts == nil ? batch * queryLength : queries.rows) }

  /// Where those of a head's queries begin.
  @inlinable
  package func firstLogSumExp(of place: SequencePlace, head: Int) -> Int {
    (place.plane + head) * queries.rows + place.row
  }

  /// Sequences whose planes of a layout lie apart: all, or where they are packed one for all.
  package var queryBatch: Int { queryStarts == nil ? batch : 1 }
  package var keyBatch: Int { keyStarts == nil ? batch : 1 }
}

/// Where a sequence's rows lie in the planes of an operand: which plane is its first head's, and which row its first.
@usableFromInline
package struct SequencePlace: Hashable, Sendable {
  @usableFromInline package let plane: Int
  @usableFromInline package let row: Int

  /// Of queries and what has a row for each of them.
  package init(queriesOf sequence: Int, in problem: AttentionProblem) {
    self.init(sequence, starts: problem.queryStarts, heads: problem.queryHeads)
  }

  /// Of keys and values.
  package init(keysOf sequence: Int, in problem: AttentionProblem) {
    self.init(sequence, starts: problem.keyStarts, heads: problem.keyValueHeads)
  }

  private init(_ sequence: Int, starts: [Int]?, heads: Int) {
    (plane, row) = starts.map { (0, $0[sequence]) } ?? (sequence * heads, 0)
  }
}

extension BatchedMatrixLayout {
  /// The position of the first element of a sequence's row, of a head.
  package func start(of place: SequencePlace, head: Int, row: Int = 0) -> Int {
    start(ofPlane: place.plane + head) + (place.row + row) * rowStride
  }
}
