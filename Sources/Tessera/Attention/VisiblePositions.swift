/// What each query of a sequence sees by its position, mask and documents together.
struct VisiblePositions {
  /// Where query 0 stands among the keys.
  let queryStart: Int
  private let edges: (first: AttentionMask.Edge, end: AttentionMask.Edge)
  private let documents: AttentionDocuments

  /// The sequence has so many keys.
  init(_ problem: AttentionProblem, sequence: Int, keyLength: Int) {
    queryStart = problem.queryStart(ofSequence: sequence, keyLength: keyLength)
    edges = problem.mask.edges(
      queryLength: problem.queryLength(ofSequence: sequence), keyLength: keyLength,
      offset: problem.queryOffsets?[sequence])
    documents = AttentionDocuments(problem, sequence: sequence)
  }

  /// The first of these keys that a query sees, and one past the last; where the first is not below the end it sees
  /// none. Neither moves back from one query to the next.
  @inline(__always)
  func bounds(ofQuery query: Int, within keys: Range<Int>) -> (first: Int, end: Int) {
    let document = documents.positions(around: queryStart + query)
    return (
      max(keys.lowerBound, edges.first.position(query: query), document.lowerBound),
      min(keys.upperBound, edges.end.position(query: query), document.upperBound)
    )
  }
}
