/// A layer's memory for results that only the next operators read: one block, whose parts stand where what lay there
/// before is not read any more.
struct EncoderLayerWorkspace {
  private let block: AlignedBuffer<Float>
  private let problem: EncoderLayerProblem
  /// Elements of a part of B·L × I, and of B·L × U; whole cache lines.
  private let narrow, wide: Int

  /// In training every result is kept, but for linear 1's, activated, where the backward pass makes it again: that is
  /// all that the block then holds.
  ///
  ///     inference      0 ..< narrow          narrow ..< 2 · narrow     2 · narrow ..< end
  ///     attention      input or result       queries, keys and values  …
  ///     out map        what it maps          its result, summed and normalised
  ///     feed-forward                         its input                 linear 1's result, activated
  init(_ problem: EncoderLayerProblem) throws(TesseraError) {
    self.problem = problem
    func part(_ columns: Int) -> Int { (problem.tokens * columns + 15) / 16 * 16 }
    (narrow, wide) = (part(problem.hidden), part(problem.feedforward))
    let count =
      switch problem.mode {
      case .training: problem.keepsActivated ? 0 : wide
      case .inference: narrow + max(part(3 * problem.hidden), narrow + wide)
      }
    block = try AlignedBuffer(uninitializedCount: count)
  }

  var byteCount: Int { block.count * MemoryLayout<Float>.stride }

  private func part(_ start: Int, columns: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: block.elements[start..<start + problem.tokens * columns])
  }

  /// Where a call's results go.
  func places(_ kept: EncoderLayerSavedTensors?) -> Places {
    let (hidden, inner) = (problem.hidden, problem.feedforward)
    if let kept {
      return Places(
        attentionInput: kept.attentionInput?.elements, queryKeyValue: kept.queryKeyValue.elements,
        attended: kept.attended.elements, feedforwardInput: kept.feedforwardInput.elements,
        activated: kept.activated?.elements ?? part(0, columns: inner))
    }
    let first = part(0, columns: hidden)
    return Places(
      attentionInput: problem.normalization == .pre ? first : nil, queryKeyValue: part(narrow, columns: 3 * hidden),
      attended: first, feedforwardInput: part(narrow, columns: hidden), activated: part(2 * narrow, columns: inner))
  }

  struct Places {
    /// The normalised input of a pre-norm layer; nil in a post-norm one, where it is the input.
    var attentionInput: UnsafeMutableBufferPointer<Float>?
    var queryKeyValue: UnsafeMutableBufferPointer<Float>
    var attended: UnsafeMutableBufferPointer<Float>
    var feedforwardInput: UnsafeMutableBufferPointer<Float>
    var activated: UnsafeMutableBufferPointer<Float>
  }
}
