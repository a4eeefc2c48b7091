import Tessera

/// The encoder layer of the paper's tables (post-layer-norm, ReLU, four dropouts), forward, as data: which rows, which
/// operators on which tensors, which fused kernels in place of which rows. Nothing here runs.
///
/// Letters: N = B · L tokens, I hidden, H heads of P = I / H, U feed-forward. Matrices are row-major; Q, K and V are the
/// three thirds of one N × 3I tensor, a head being P neighbouring columns of each.
public struct LayerTable: Sendable {
  public let problem: LayerProblem
  public let tensors: [LayerTensor]
  /// In the table's order, which is the order of execution.
  public let rows: [LayerRow]
  /// The fused kernels that there are, each for the rows that it covers.
  public let fusions: [LayerStep]

  public init(_ problem: LayerProblem) {
    self.problem = problem
    tensors = Self.tensors(problem)
    let intermediates = Set(tensors.filter { $0.content == .intermediate }.map(\.name))
    let builder = LayerCalls(problem)
    rows = Self.attentionRows(builder, intermediates: intermediates) + Self.feedforwardRows(builder)
    fusions = Self.fusions(builder)
  }

  public var unfused: LayerSequence { .unfused(rows) }
  public var fused: LayerSequence { .fused(rows, by: fusions) }

  /// Memory of all tensors together.
  public var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }

  /// The layer's result.
  public static let outputTensor = "layer-norm-2"
}
