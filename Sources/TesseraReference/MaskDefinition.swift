import TesseraCore

/// What a mask by position means, one row and one column at a time: whether the row sees the column.
///
/// A row's place among the columns is its own number, or counted so that the last row stands at the last column, or from
/// the place that is given of row 0. A bound of −1 is none.
func isVisible(
  _ mask: AttentionMask, row: Int, of rows: Int, column: Int, of columns: Int, from offset: Int? = nil
) -> Bool {
  func place(_ alignment: AttentionMask.Alignment) -> Int {
    offset.map { $0 + row } ?? (alignment == .bottomRight ? columns - rows + row : row)
  }
  switch mask {
  case .full: return true
  case .causal(let alignment): return column <= place(alignment)
  case .window(let left, let right, let alignment):
    if let left, left >= 0, place(alignment) - column > left { return false }
    if let right, right >= 0, column - place(alignment) > right { return false }
    return true
  }
}

/// Whether position and the sequence's length let a query of attention see the key; a Boolean mask may hide it still.
public func attentionSees(_ problem: AttentionProblem, query: Int, key: Int, sequence: Int) -> Bool {
  let length = problem.keyLengths?[sequence] ?? problem.keyLength
  return key < length
    && isVisible(
      problem.mask, row: query, of: problem.queryLength, column: key, of: length,
      from: problem.queryOffsets?[sequence])
}
