import CTesseraKernels

/// What happens to a row of scores between the product with the keys and the softmax. A problem's stages are a list in
/// the order of `docs/attention.md`; a new option of that kind is one more case.
///
/// Keys that their position hides never come here: the softmax is told the visible range.
enum ScoreStage: Hashable, Sendable {
  /// s = scale · s
  case scale(Float)
  /// s = cap · tanh(s / cap)
  case softcap(Float)
  /// s += bias
  case bias(BatchedMatrixLayout)
  /// s −= slope · |position − key|, of the so many slopes that of the row's plane
  case alibi(slopeCount: Int)
  /// s as a caller's modifier has it; what it makes −inf is hidden
  case modifier(queryHeads: Int)
  /// s = −inf where the mask is 0
  case mask(BatchedMatrixLayout)

  /// The stages of a problem, and the scale that the softmax has yet to apply. It does that for nothing, which will do
  /// where no stage wants scaled scores; its maximum is of unscaled ones, so that the scale must be above 0.
  static func stages(
    of problem: AttentionProblem, _ modifier: AttentionScoreModifier?
  ) -> (stages: [ScoreStage], softmaxScale: Float) {
    let softcap = problem.softcap == 0 ? nil : problem.softcap
    let stages: [ScoreStage] = [
      softcap.map { .softcap($0) }, problem.bias.map { .bias($0) },
      problem.slopes.map { _ in .alibi(slopeCount: problem.slopeCount) },
      modifier.map { _ in .modifier(queryHeads: problem.queryHeads) }, problem.booleanMask.map { .mask($0) },
    ].compactMap { $0 }
    // Nor is it one that makes of ordinary numbers scores, or of scores differences, that are not finite.
    let isOrdinary = (0x1p-100...0x1p+100).contains(problem.scale)
    let readsScores = modifier.map { !$0.onlyHides } ?? false
    if isOrdinary, softcap == nil, problem.bias == nil, problem.slopes == nil, !readsScores {
      return (stages, problem.scale)
    }
    return ([.scale(problem.scale)] + stages, 1)
  }

  /// A run of neighbouring scores: those of one query, from `key` on.
  struct Row {
    /// b · Hq + h
    var plane: Int
    var query: Int
    /// Where the query stands among the keys.
    var position: Int
    var key: Int
    var count: Int
    var scores: UnsafeMutablePointer<Float>
  }

  /// The memory that stages read beside the scores, each where the problem has it. Nothing else of a call is handed to
  /// a row: a row that copied the keys' source would count its references.
  struct Operands {
    var bias: UnsafePointer<Float>?
    var mask: UnsafePointer<UInt8>?
    var slopes: UnsafePointer<Float>?
  }

  @inline(__always)
  func apply(to row: Row, _ operands: Operands, _ kernels: AttentionKernels, _ modifier: AttentionScoreModifier?) {
    switch self {
    case .scale(let factor):
      kernels.scale(row.count, factor, row.scores, row.scores)
    case .softcap(let cap):
      kernels.softcap(row.count, cap, row.scores)
    case .bias(let layout):
      kernels.bias(row.count, operands.bias! + Self.position(of: row, in: layout), row.scores)
    case .alibi(let slopeCount):
      // One a head of a sequence, or the same for all sequences.
      kernels.alibi(row.count, operands.slopes![row.plane % slopeCount], row.key - row.position, row.scores)
    case .modifier(let queryHeads):
      let (sequence, head) = row.plane.quotientAndRemainder(dividingBy: queryHeads)
      var run = AttentionScoreRun(
        sequence: sequence, head: head, query: row.query, position: row.position, keys: row.key..<row.key + row.count,
        scores: row.scores)
      modifier!.modify(&run)
    case .mask(let layout):
      kernels.mask(row.count, operands.mask! + Self.position(of: row, in: layout), row.scores)
    }
  }

  @inline(__always)
  static func position(of row: Row, in layout: BatchedMatrixLayout) -> Int {
    layout.start(ofPlane: row.plane) + row.query * layout.rowStride + row.key
  }
}
