import TesseraCore

/// What a mask by position means, one row and one column at a time: whether the row sees the column.
///
/// A row's place among the columns is its own number, or counted so that the last row stands at the last column, or
/// from the place that is given of row 0. A bound of −1 is none.
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

/// Where a query of attention stands among the sequence's keys.
func attentionPosition(_ problem: AttentionProblem, query: Int, sequence: Int) -> Int {
  if let offsets = problem.queryOffsets { return offsets[sequence] + query }
  switch problem.mask {
  case .causal(alignment: .topLeft), .window(left: _, right: _, alignment: .topLeft): return query
  default:
    return query + (problem.keyLengths?[sequence] ?? problem.keyLength)
      - (problem.queryLengths?[sequence] ?? problem.queryLength)
  }
}

/// Whether the query's place and the key lie in one document: as many begin at or before either.
private func isOneDocument(_ problem: AttentionProblem, query: Int, key: Int, sequence: Int) -> Bool {
  guard let starts = problem.documentStarts?[sequence] else { return true }
  func begun(_ position: Int) -> Int { starts.count { $0 <= position } }
  return begun(attentionPosition(problem, query: query, sequence: sequence)) == begun(key)
}

/// Whether the block that query and key lie in is visible.
private func seesBlock(_ mask: AttentionBlockMask?, query: Int, key: Int, head: Int, sequence: Int) -> Bool {
  guard let mask else { return true }
  return mask.isVisible(
    sequence: sequence, head: head, queryBlock: query / mask.queriesPerBlock, keyBlock: key / mask.keysPerBlock)
}

/// Whether position, document, block and the sequence's lengths let a query of attention see the key; a Boolean mask
/// may hide it still.
public func attentionSees(_ problem: AttentionProblem, query: Int, key: Int, head: Int, sequence: Int) -> Bool {
  let length = problem.keyLengths?[sequence] ?? problem.keyLength
  let queries = problem.queryLengths?[sequence] ?? problem.queryLength
  return key < length && query < queries
    && seesBlock(problem.blockMask, query: query, key: key, head: head, sequence: sequence)
    && isOneDocument(problem, query: query, key: key, sequence: sequence)
    && isVisible(
      problem.mask, row: query, of: queries, column: key, of: length, from: problem.queryOffsets?[sequence])
}

/// Which row a query of a head has, planes one after the other, in attention's queries, output and log-sum-exps: of
/// packed sequences a head has the tokens of all.
public func attentionQueryRow(_ problem: AttentionProblem, query: Int, head: Int, sequence: Int) -> Int {
  if let starts = problem.queryStarts { return head * problem.queries.rows + starts[sequence] + query }
  return (sequence * problem.queryHeads + head) * problem.queryLength + query
}

/// The same of a key of a key-value head, in keys and values.
public func attentionKeyRow(_ problem: AttentionProblem, key: Int, head: Int, sequence: Int) -> Int {
  if let starts = problem.keyStarts { return head * problem.keys.rows + starts[sequence] + key }
  return (sequence * problem.keyValueHeads + head) * problem.keyLength + key
}
