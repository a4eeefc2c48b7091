/// The documents of one sequence: positions from one start up to the next, and those before the first start.
struct AttentionDocuments {
  /// Ascending.
  private let starts: [Int]

  init(_ problem: AttentionProblem, sequence: Int) { starts = problem.documentStarts?[sequence] ?? [] }

  /// The positions of the document that this one lies in, before they are cut to the keys. Neither end moves back from
  /// one position to the next.
  @inline(__always)
  func positions(around position: Int) -> Range<Int> { starts.isEmpty ? .min..<(.max) : document(at: position) }

  private func document(at position: Int) -> Range<Int> {
    // How many documents begin at or before it.
    var (low, high) = (0, starts.count)
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= position { low = middle + 1 } else { high = middle }
    }
    return (low == 0 ? .min : starts[low - 1])..<(low == starts.count ? .max : starts[low])
  }
}
