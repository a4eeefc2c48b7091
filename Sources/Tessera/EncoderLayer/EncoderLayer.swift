/// A transformer encoder layer's forward pass, planned: its operators' plans and the memory between them.
///
/// `EncoderLayerProblem` has the formulas. Every tensor crosses memory as seldom as the fused operators allow; a layer for
/// inference drops nothing, keeps nothing, and lets its results take each other's places. A layer holds its workspace, so
/// one layer runs one call at a time; `run` takes no working memory. Results are the same bits for every number of threads.
public final class EncoderLayer {
  public let problem: EncoderLayerProblem

  let queryKeyValue, out, linear1, linear2: LinearPlan
  /// The norm before attention, of a pre-norm layer.
  let inputNorm: LayerNormPlan?
  let inputBias: AttentionInputBiasPlan
  let attention: AttentionPlan
  /// The sum after attention and the norm of it. A pre-norm layer for inference has the sum in its output meanwhile.
  let afterAttention: BiasDropoutResidualLayerNormPlan
  let activation: BiasActivationDropoutPlan
  let afterFeedforward: AfterFeedforward
  let workspace: EncoderLayerWorkspace
  /// Shared by the linear maps.
  private let products: GemmWorkspace

  enum AfterFeedforward {
    case post(BiasDropoutResidualLayerNormPlan)
    case pre(BiasDropoutResidualPlan)
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
    func map(_ input: MatrixLayout, columns: Int) throws(TesseraError) -> LinearPlan {
      try LinearPlan(
        input: input, weight: MatrixLayout(rows: columns, columns: input.columns), isPacked: weightsArePacked,
        workspace: products, context: context)
    }
    func sumAndNorm(
      residual: MatrixLayout, output: MatrixLayout, returnedSum: MatrixLayout? = nil, _ place: EncoderLayerDropout
    ) throws(TesseraError) -> BiasDropoutResidualLayerNormPlan {
      try BiasDropoutResidualLayerNormPlan(
        input: narrow, residual: residual, output: output, returnedSum: returnedSum,
        dropout: try problem.dropout(at: place), epsilon: problem.epsilon, mode: mode, context: context)
    }
    inputNorm =
      isPre
      ? try LayerNormPlan(input: problem.input, output: narrow, epsilon: problem.epsilon, context: context) : nil
    queryKeyValue = try map(isPre ? narrow : problem.input, columns: 3 * hidden)
    inputBias = try AttentionInputBiasPlan(problem.inputBias, context: context)
    attention = try AttentionPlan(for: try problem.attention, context: context)
    out = try map(narrow, columns: hidden)
    afterAttention = try sumAndNorm(
      residual: problem.input, output: narrow, returnedSum: isPre && mode == .inference ? problem.output : nil, .out)
    linear1 = try map(narrow, columns: inner)
    activation = try BiasActivationDropoutPlan(
      problem.activation, input: wide, dropout: try problem.dropout(at: .feedforward), mode: mode, context: context)
    linear2 = try map(wide, columns: hidden)
    afterFeedforward =
      isPre
      ? .pre(
        try BiasDropoutResidualPlan(
          input: narrow, residual: mode == .inference ? problem.output : narrow, output: problem.output,
          dropout: try problem.dropout(at: .out2), mode: mode, context: context))
      : .post(try sumAndNorm(residual: narrow, output: problem.output, .out2))
    workspace = try EncoderLayerWorkspace(problem)
  }

  /// Memory that the layer holds beyond operands and what is kept: that of its plans and of results between them.
  public var workspaceBytes: Int {
    var bytes = workspace.byteCount + products.byteCount + attention.workspaceBytes + afterAttention.workspaceBytes
    if case .post(let plan) = afterFeedforward { bytes += plan.workspaceBytes }
    return bytes
  }
}
