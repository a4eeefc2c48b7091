import Tessera

/// The encoder layer of the paper's tables (post-layer-norm, ReLU, four dropouts), forward and backward, as data: which
/// rows, which operators on which tensors, which fused kernels in place of which rows. Nothing here runs.
///
/// Letters: N = B · L tokens, I hidden, H heads of P = I / H, U feed-forward. Matrices are row-major; Q, K and V are
/// the three thirds of one N × 3I tensor, a head being P neighbouring columns of each.
public struct LayerTable: Sendable {
  public let problem: LayerProblem
  /// What of a training step is measured.
  public let pass: LayerPass
  public let tensors: [LayerTensor]
  /// Rows in the table's order, which is the order of execution; those of the pass.
  public let rows: [LayerRow]
  /// The same, and the forward rows that a backward pass comes after.
  let rowsInOrder: [LayerRow]

  public init(_ problem: LayerProblem, pass: LayerPass = .forward) {
    self.problem = problem
    self.pass = pass
    tensors = Self.tensors(problem) + (pass.hasBackward ? Self.gradientTensors(problem) : [])
    let intermediates = Set(tensors.filter { $0.content == .intermediate }.map(\.name))
    let builder = LayerCalls(problem, keepsStatistics: pass.hasBackward)
    let forward = Self.attentionRows(builder, intermediates: intermediates) + Self.feedforwardRows(builder)
    let backward = pass.hasBackward ? Self.gradientRows(builder, intermediates: intermediates) : []
    rowsInOrder = forward + backward
    rows = pass.hasForward ? rowsInOrder : backward
  }

  public var unfused: LayerSequence { LayerSequence.unfused(rowsInOrder).measuring(rows) }

  /// Every fused kernel in place of the rows that it covers, and the library's linear maps. Throws where attention does
  /// not take this layer's heads.
  public func fused(_ attention: LayerAttention) throws(TesseraError) -> LayerSequence {
    let calls = LayerCalls(problem)
    var fusions = try Self.fusions(calls, attention) + Self.linearMaps(rowsInOrder)
    if pass.hasBackward { fusions += try Self.gradientFusions(calls, attention) }
    return LayerSequence.fused(rowsInOrder, by: fusions, .paper(attention)).measuring(rows)
  }

  /// The layer in five kernels: attention, and four products with all that follows them; backward the operators of
  /// `EncoderLayerBackward`. Throws as `fused` does.
  public func full() throws(TesseraError) -> LayerSequence {
    let calls = LayerCalls(problem)
    var fusions = try Self.fullFusions(calls)
    if pass.hasBackward { fusions += try Self.fullGradientFusions(calls) }
    return LayerSequence.fused(rowsInOrder, by: fusions, .full).measuring(rows)
  }

  public func sequence(_ fusion: LayerFusion) throws(TesseraError) -> LayerSequence {
    switch fusion {
    case .paper(let attention): try fused(attention)
    case .full: try full()
    case .tuned(let configuration): try tuned(configuration)
    }
  }

  /// Memory of all tensors together.
  public var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }

  /// The layer's result.
  public static let outputTensor = "layer-norm-2"
  /// The gradient of the layer's input.
  public static let inputGradientTensor = "x-gradient"
}
