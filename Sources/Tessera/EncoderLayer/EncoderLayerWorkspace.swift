/// A layer's memory for results that only the next operators read: one block, whose parts stand where what lay there
/// before is not read any more.
struct EncoderLayerWorkspace {
  private let block: AlignedBuffer<Float>
  private let problem: EncoderLayerProblem
  /// Elements of a part of B·L × I, and of B·L × U; whole cache lines.
  private let narrow, wide: Int

  /// In training every result but two is kept, and those two are never needed at once.
  ///
  ///     inference      0 ..< narrow          narrow ..< end
  ///     attention      input or result       queries, keys, values
  ///     out map        what it maps          its result
  ///     feed-forward   its input             linear 1's result, then linear 2's
  init(_ problem: EncoderLayerProblem) throws(TesseraError) {
    self.problem = problem
    func part(_ columns: Int) -> Int { (problem.tokens * columns + 15) / 16 * 16 }
    (narrow, wide) = (part(problem.hidden), part(problem.feedforward))
    let count = problem.mode == .training ? narrow : narrow + max(part(3 * problem.hidden), wide + narrow)
    block = try AlignedBuffer(uninitializedCount: count)
  }

  var byteCount: Int { block.count * MemoryLayout<Float>.stride }

  private func part(_ start: Int, columns: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: block.elements[start..<start + problem.tokens * columns])
  }

  /// Where a call's results go.
  func places(_ kept: EncoderLayerSavedTensors?) -> Places {
    let (hidden, inner) = (problem.hidden, problem.feedforward)
    guard let kept else {
      let first = part(0, columns: hidden)
      let activated = part(narrow, columns: inner)
      return Places(
        attentionInput: first, queryKeyValue: part(narrow, columns: 3 * hidden), attended: first,
        out: part(narrow, columns: hidden), feedforwardInput: first, activationInput: activated, activated: activated,
        linear2: part(narrow + wide, columns: hidden))
    }
    let scratch = part(0, columns: hidden)
    return Places(
      attentionInput: kept.attentionInput?.elements ?? scratch, queryKeyValue: kept.queryKeyValue.elements,
      attended: kept.attended.elements, out: scratch, feedforwardInput: kept.feedforwardInput.elements,
      activationInput: kept.activationInput?.elements ?? kept.activated.elements, activated: kept.activated.elements,
      linear2: scratch)
  }

  struct Places {
    /// The normalised input of a pre-norm layer.
    var attentionInput: UnsafeMutableBufferPointer<Float>
    var queryKeyValue: UnsafeMutableBufferPointer<Float>
    var attended: UnsafeMutableBufferPointer<Float>
    /// The out map's result before its bias.
    var out: UnsafeMutableBufferPointer<Float>
    var feedforwardInput: UnsafeMutableBufferPointer<Float>
    /// Linear 1's result before its bias; the same memory as `activated` where the activation works in place.
    var activationInput: UnsafeMutableBufferPointer<Float>
    var activated: UnsafeMutableBufferPointer<Float>
    /// Linear 2's result before its bias.
    var linear2: UnsafeMutableBufferPointer<Float>
  }
}
