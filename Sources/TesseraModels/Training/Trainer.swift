import Tessera

/// Trains a decoder on a text: batches, gradients, their clipping, and AdamW.
///
///     let trainer = try Trainer(configuration, on: text, options: options)
///     while trainer.step < options.steps { print(try trainer.advance().loss) }
///
/// All bits follow from configuration, text and options: neither threads nor an interruption between two steps, with a
/// checkpoint and `resume`, change one. It runs one call at a time.
public final class Trainer {
  public let decoder: TrainableDecoder
  public let options: TrainingOptions
  public let text: TrainingText
  /// Steps that have been taken.
  public internal(set) var step = 0
  /// Means of gradients and of their squares, which lie as the parameters do.
  let firstMoments, secondMoments: AlignedBuffer<Float>
  private let matrices, norms: AdamWPlan
  private let sumOfSquares: SumOfSquaresPlan
  private var tokens, targets: [Int32]

  /// What a step came to.
  public struct Figures: Hashable, Sendable {
    /// The number of the step, from 1 on.
    public var step: Int
    /// Before the step.
    public var loss: Float
    /// Of all gradients together, before they are clipped.
    public var gradientNorm: Double
    public var learningRate: Double
  }

  /// Takes all memory, and gives the parameters their first values, which `decoder.initialize(from:)` can replace.
  /// Throws where configuration and options do not fit together, or not in three quarters of the machine's memory, or
  /// the text is too short or has other ids than the vocabulary.
  public init(
    _ configuration: DecoderConfiguration, tiesEmbedding: Bool = true, on text: TrainingText,
    options: TrainingOptions = TrainingOptions(), context: ExecutionContext? = nil
  ) throws(TesseraError) {
    try options.check()
    let context = try ExecutionContext.resolve(context)
    guard text.ids.count > options.length else {
      throw TrainingOptions.invalid("text", expected: "more than \(options.length) tokens", actual: "\(text.ids.count)")
    }
    let vocabulary = configuration.vocabularySize
    if let wrong = text.ids.first(where: { $0 < 0 || Int($0) >= vocabulary }) {
      throw TrainingOptions.invalid("text", expected: "ids below \(vocabulary)", actual: "\(wrong)")
    }
    (self.options, self.text) = (options, text)
    decoder = try TrainableDecoder(
      configuration, tiesEmbedding: tiesEmbedding, sequences: options.sequences, length: options.length,
      context: context)
    let parameters = decoder.parameters
    let needed = 4 * parameters.count * MemoryLayout<Float>.stride + decoder.workspaceBytes
    guard needed <= physicalMemoryBytes() / 4 * 3 else { throw .outOfMemory(byteCount: needed) }
    firstMoments = try AlignedBuffer(repeating: 0, count: parameters.count)
    secondMoments = try AlignedBuffer(repeating: 0, count: parameters.count)
    func layout(_ range: Range<Int>) -> MatrixLayout {
      MatrixLayout(rows: 1, columns: range.count, offset: range.lowerBound)
    }
    func adamW(_ layout: MatrixLayout) throws(TesseraError) -> AdamWPlan {
      try AdamWPlan(
        parameters: layout, gradients: layout, firstMoments: layout, secondMoments: layout, context: context)
    }
    matrices = try adamW(layout(0..<parameters.matrixCount))
    norms = try adamW(layout(parameters.matrixCount..<parameters.count))
    sumOfSquares = try SumOfSquaresPlan(input: layout(0..<parameters.count), context: context)
    tokens = []
    targets = []
    tokens.reserveCapacity(options.sequences * options.length)
    targets.reserveCapacity(options.sequences * options.length)
    decoder.initialize(seed: options.seed)
  }

  /// Takes a step; past the options' last the learning rate stays the least. Throws where loss or gradients are not
  /// finite; parameters and moments are then as they were, so that `save` writes the last step that was taken.
  public func advance() throws(TesseraError) -> Figures {
    fillBatch()
    let loss = try decoder.loss(of: tokens, targets: targets)
    var norm = GradientNorm()
    let gradients = decoder.gradients.elements
    try norm.add(gradients.span, sumOfSquares)
    guard loss.isFinite, norm.norm.isFinite else {
      throw TrainingOptions.invalid(
        "step \(step + 1)", expected: "a finite loss and gradient",
        actual: "loss \(loss.spelled), gradient of norm \(norm.norm.spelled); a lower learning rate may help")
    }
    var adamW = AdamWOptions(
      learningRate: options.learningRate(ofStep: step), firstDecay: options.firstDecay,
      secondDecay: options.secondDecay, epsilon: options.epsilon, weightDecay: options.weightDecay, step: step + 1,
      gradientScale: norm.scale(maximum: options.largestNorm))
    try update(matrices, adamW)
    adamW.weightDecay = 0
    try update(norms, adamW)
    step += 1
    return Figures(step: step, loss: loss, gradientNorm: norm.norm, learningRate: adamW.learningRate)
  }

  private func fillBatch() {
    tokens.removeAll(keepingCapacity: true)
    targets.removeAll(keepingCapacity: true)
    let length = options.length
    for start in text.starts(ofStep: step, sequences: options.sequences, length: length, seed: options.seed) {
      tokens += text.ids[start..<start + length]
      targets += text.ids[start + 1...start + length]
    }
  }

  private func update(_ plan: AdamWPlan, _ adamW: AdamWOptions) throws(TesseraError) {
    let (values, gradients) = (decoder.values.elements, decoder.gradients.elements)
    let (first, second) = (firstMoments.elements, secondMoments.elements)
    try plan.run(
      adamW, parameters: values.mutableSpan, gradients: gradients.span, firstMoments: first.mutableSpan,
      secondMoments: second.mutableSpan)
  }
}
