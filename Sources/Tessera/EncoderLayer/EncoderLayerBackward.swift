/// A transformer encoder layer's backward pass, planned: its operators' plans and the memory between them.
///
/// From the gradient of the output, what the layer read, and what its forward call in training kept, it makes the
/// gradients of the input and of all parameters. Attention's probabilities are made again from log-sum-exps, tile by
/// tile, and dropouts' masks from seed and offsets; nothing of length × length is stored. `stages` names the operators.
///
/// It holds its workspace, so it runs one call at a time; `run` takes no working memory. Results are the same bits for
/// every number of threads. Ivanov et al., "Data Movement Is All You Need" (MLSys 2021), section 4.
public final class EncoderLayerBackward {
  /// What the pass was made for, with the offset of its dropout and the key lengths that were set last.
  public private(set) var problem: EncoderLayerProblem
  /// What a call that does not accumulate records in the ledger, in that order. One that accumulates adds rows of sums
  /// at the end.
  public let stages: [EncoderLayerBackwardStage]

  private(set) var norms: Norms
  /// Of pre-norm layers that drop: of the gradient that comes in.
  private(set) var branchDropout: ElementwisePlan?
  /// Makes linear 2's input again, where it was not kept.
  private(set) var activationAgain: ElementwisePlan?
  let linear2, linear1, out, queryKeyValue: LinearGradients
  let attention: AttentionGradientPlan
  /// Adds a row of sums to a gradient that is there.
  let rowSum: ElementwisePlan
  let workspace: EncoderLayerBackwardWorkspace
  /// Shared by the products.
  private let products: GemmWorkspace

  /// The gradients around the norms, the second's and the first's.
  struct Norms {
    var parameters2: NormParameterGradientsPlan
    var rows2: NormalizationGradientPlan
    var parameters1: NormParameterGradientsPlan
    var rows1: NormalizationGradientPlan
  }

  /// The problem is the forward layer's, in training: the gradient of the output lies as its output, that of the input
  /// as its input. Throws for whatever of the problem does not fit together or in memory.
  public init(_ problem: EncoderLayerProblem, context: ExecutionContext? = nil) throws(TesseraError) {
    try problem.checkBackward()
    let context = try ExecutionContext.resolve(context)
    self.problem = problem
    stages = EncoderLayerBackwardStage.stages(of: problem)
    let (narrow, wide) = (problem.rows(of: problem.hidden), problem.rows(of: problem.feedforward))
    let isPre = problem.normalization == .pre
    let products = GemmWorkspace(threadCount: context.pool.threadCount)
    self.products = products
    func map(
      _ outputGradient: MatrixLayout, input: MatrixLayout, inputGradient: MatrixLayout, riding: Riding = .nothing
    ) throws(TesseraError) -> LinearGradients {
      try LinearGradients(
        outputGradient: outputGradient, input: input, inputGradient: inputGradient, riding: riding,
        workspace: products, context: context)
    }
    norms = try Norms(problem, context)
    let out2 = try problem.dropout(at: .out2)
    if isPre, problem.drops, let out2 {
      branchDropout = try ElementwisePlan(
        .dropout, [.dropout(out2)], layouts: .init(input: problem.output, output: narrow), context: context)
    } else {
      branchDropout = nil
    }
    let activated = BiasActivationDropoutSavedTensors(
      activation: problem.activation, dropout: try problem.dropout(at: .feedforward))
    if problem.makesActivatedAgain {
      activationAgain = try ElementwisePlan(
        .biasActivationDropout,
        [.bias, .activation(activated.activation)] + (activated.dropout.map { [.dropout($0)] } ?? []),
        layouts: .init(input: wide, output: wide), context: context)
    } else {
      activationAgain = nil
    }
    linear2 = try map(
      isPre && !problem.drops ? problem.output : narrow, input: wide, inputGradient: wide,
      riding: .activation(activated))
    // Where two ways meet, which in a pre-norm layer is inside the norms' gradients.
    let meeting: Riding = isPre ? .nothing : .residual(narrow)
    linear1 = try map(wide, input: narrow, inputGradient: narrow, riding: meeting)
    out = try map(narrow, input: narrow, inputGradient: problem.attendedGradient)
    queryKeyValue = try map(
      problem.jointGradient, input: isPre ? narrow : problem.input, inputGradient: isPre ? narrow : problem.input,
      riding: meeting)
    attention = try AttentionGradientPlan(for: try problem.attentionBackward, context: context)
    let row = MatrixLayout(rows: 1, columns: problem.hidden)
    rowSum = try ElementwisePlan(
      .gradientSum, [.residual], layouts: .init(input: row, output: row, second: row), context: context)
    workspace = try EncoderLayerBackwardWorkspace(problem)
  }

  /// `replansAttention`: what attention is planned by has changed. Throws, and changes nothing, for a problem that does
  /// not fit together, or where attention does not fit in memory.
  func setProblem(_ changed: EncoderLayerProblem, replansAttention: Bool = false) throws(TesseraError) {
    try changed.checkBackward()
    if replansAttention { try attention.setProblem(try changed.attentionBackward) }
    problem = changed
  }

  /// Those of the plans that are values.
  func setDropoutOffsets(out: UInt32, feedforward: UInt32, out2: UInt32) {
    activationAgain?.setDropoutOffset(feedforward)
    switch problem.normalization {
    case .post:
      norms.rows1.setDropoutOffset(out)
      norms.rows2.setDropoutOffset(out2)
    case .pre:
      norms.rows2.setDropoutOffset(out)
      branchDropout?.setDropoutOffset(out2)
    }
  }

  /// Gradients on their way from one operator to a later one, all of them.
  package var gradientsBetween: UnsafeMutableBufferPointer<Float> { workspace.elements }

  /// Memory that it holds beyond operands and what was kept: that of its plans and of gradients between them.
  public var workspaceBytes: Int {
    workspace.byteCount + products.byteCount + attention.workspaceBytes + norms.byteCount
      + linear2.sumBytes + linear1.sumBytes + out.sumBytes + queryKeyValue.sumBytes
  }
}

extension EncoderLayerBackward.Norms {
  fileprivate init(_ problem: EncoderLayerProblem, _ context: ExecutionContext) throws(TesseraError) {
    let narrow = problem.rows(of: problem.hidden)
    let drops = problem.drops
    func parameters(
      _ outputGradient: MatrixLayout, sum: MatrixLayout
    ) throws(TesseraError) -> NormParameterGradientsPlan {
      try NormParameterGradientsPlan(
        .layer, layouts: .init(outputGradient: outputGradient, sum: sum), context: context)
    }
    func rows(
      _ outputGradient: MatrixLayout, sum: MatrixLayout, sumGradient: MatrixLayout? = nil,
      residualGradient: MatrixLayout, dropout: Dropout?
    ) throws(TesseraError) -> NormalizationGradientPlan {
      try NormalizationGradientPlan(
        .layer,
        layouts: .init(
          outputGradient: outputGradient, sum: sum, sumGradient: sumGradient, residualGradient: residualGradient,
          inputGradient: drops && dropout != nil ? narrow : nil), dropout: dropout, context: context)
    }
    let (ofOut, ofOut2) = (try problem.dropout(at: .out), try problem.dropout(at: .out2))
    switch problem.normalization {
    case .post:
      self.init(
        parameters2: try parameters(problem.output, sum: narrow),
        rows2: try rows(problem.output, sum: narrow, residualGradient: narrow, dropout: ofOut2),
        parameters1: try parameters(narrow, sum: narrow),
        rows1: try rows(narrow, sum: narrow, residualGradient: narrow, dropout: ofOut))
    case .pre:
      self.init(
        parameters2: try parameters(narrow, sum: narrow),
        rows2: try rows(
          narrow, sum: narrow, sumGradient: problem.output, residualGradient: narrow, dropout: ofOut),
        parameters1: try parameters(narrow, sum: problem.input),
        rows1: try rows(
          narrow, sum: problem.input, sumGradient: narrow, residualGradient: problem.input, dropout: nil))
    }
  }

  fileprivate var byteCount: Int { parameters2.sums.byteCount + parameters1.sums.byteCount }
}
