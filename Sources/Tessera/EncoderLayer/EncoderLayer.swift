/// A transformer encoder layer's forward pass, planned: its operators' plans and the memory between them.
///
/// `EncoderLayerProblem` has the formulas. Four products and attention; all else is done to their results while those
/// are in the cache, so that each tensor crosses memory as seldom as can be; a layer for
/// inference drops nothing, keeps nothing, and lets its results take each other's places. A layer holds its workspace,
/// so one layer runs one call at a time; `run` takes no working memory. Results are the same bits for every number of
/// threads.
public final class EncoderLayer {
  /// What the layer was made for, with the offset of its dropout and the key lengths that were set last.
  public private(set) var problem: EncoderLayerProblem

  /// The norm before attention, of a pre-norm layer.
  let inputNorm: LayerNormPlan?
  let queryKeyValue: LinearAttentionInputBiasPlan
  let attention: AttentionPlan
  /// The out map, the sum after attention and the norm of it. A pre-norm layer for inference has the sum in its output
  /// meanwhile.
  private(set) var out: LinearNorm
  let linear1: LinearBiasActivationDropoutPlan
  private(set) var linear2: Linear2

  let workspace: EncoderLayerWorkspace
  /// Shared by the products.
  private let products: GemmWorkspace

  /// Linear 2, and the sum after it with its norm if the layer has that there.
  enum Linear2 {
    case post(LinearNorm)
    case pre(LinearBiasDropoutResidualPlan)

    var map: LinearMap {
      switch self {
      case .post(let plan): plan.map
      case .pre(let plan): plan.plan.map
      }
    }
  }

  /// `weightsArePacked`: calls bring `PackedEncoderLayerWeights`, which pays where the same weights serve many calls.
  /// Throws for whatever of the problem does not fit together or in memory.
  public init(
    _ problem: EncoderLayerProblem, weightsArePacked: Bool = false, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    try problem.check()
    let context = try ExecutionContext.resolve(context)
    self.problem = problem
    let (hidden, inner, mode) = (problem.hidden, problem.feedforward, problem.mode)
    let (narrow, wide) = (problem.rows(of: hidden), problem.rows(of: inner))
    let isPre = problem.normalization == .pre
    let products = GemmWorkspace(threadCount: context.pool.threadCount)
    self.products = products
    func weight(_ columns: Int, by depth: Int) -> MatrixLayout { MatrixLayout(rows: columns, columns: depth) }
    func mapAndNorm(
      _ input: MatrixLayout, residual: MatrixLayout, output: MatrixLayout, returnedSum: MatrixLayout? = nil,
      _ place: EncoderLayerDropout
    ) throws(TesseraError) -> LinearNorm {
      try LinearNorm(
        .layer, input: input, weight: weight(hidden, by: input.columns), isPacked: weightsArePacked,
        residual: residual, output: output, returnedSum: returnedSum, hasBias: true,
        dropout: try problem.dropout(at: place), epsilon: problem.epsilon, mode: mode, workspace: products,
        context: context)
    }
    inputNorm =
      isPre
      ? try LayerNormPlan(
        problem.input, keepsStatistics: mode == .training, epsilon: problem.epsilon, context: context) : nil
    queryKeyValue = try LinearAttentionInputBiasPlan(
      problem.inputBias, input: isPre ? narrow : problem.input, weight: weight(3 * hidden, by: hidden),
      isPacked: weightsArePacked, workspace: products, context: context)
    attention = try AttentionPlan(for: try problem.attention, context: context)
    out = try mapAndNorm(
      narrow, residual: problem.input, output: narrow,
      returnedSum: isPre && mode == .inference ? problem.output : nil, .out)
    linear1 = try LinearBiasActivationDropoutPlan(
      problem.activation, input: narrow, weight: weight(inner, by: hidden), isPacked: weightsArePacked,
      dropout: try problem.dropout(at: .feedforward), mode: mode, workspace: products, context: context)
    linear2 =
      isPre
      ? .pre(
        try LinearBiasDropoutResidualPlan(
          input: wide, weight: weight(hidden, by: inner), isPacked: weightsArePacked,
          residual: mode == .inference ? problem.output : narrow, output: problem.output,
          dropout: try problem.dropout(at: .out2), mode: mode, workspace: products, context: context))
      : .post(try mapAndNorm(wide, residual: narrow, output: problem.output, .out2))
    workspace = try EncoderLayerWorkspace(problem)
  }

  /// `replansAttention`: what attention is planned by has changed. Throws, and changes nothing, for a problem that does
  /// not fit together, or where attention does not fit in memory.
  func setProblem(_ changed: EncoderLayerProblem, replansAttention: Bool = false) throws(TesseraError) {
    try changed.check()
    if replansAttention { try attention.setProblem(try changed.attention) }
    problem = changed
  }

  /// Those of the plans that are values.
  func setDropoutOffsets(out ofOut: UInt32, out2 ofOut2: UInt32) {
    out.norm.setDropoutOffset(ofOut)
    switch linear2 {
    case .pre(let plan): plan.setDropoutOffset(ofOut2)
    case .post(var plan):
      plan.norm.setDropoutOffset(ofOut2)
      linear2 = .post(plan)
    }
  }

  /// Memory that the layer holds beyond operands and what is kept: that of its plans and of results between them.
  public var workspaceBytes: Int {
    var bytes = workspace.byteCount + products.byteCount + attention.workspaceBytes + out.norm.workspaceBytes
    if case .post(let plan) = linear2 { bytes += plan.norm.workspaceBytes }
    return bytes
  }
}
