/// The norm of many gradients together, and what it clips them by.
///
///     norm = √(Σ over all gradients Σ gradient²)
///
/// Gradients are added one after the other, and the order settles the bits. What `scale` gives goes to AdamW as its
/// `gradientScale`, so that clipping writes no gradient: they cross memory once more, for the norm, and that is all.
///
///     var norm = GradientNorm()
///     for gradient in gradients { try norm.add(gradient.elements.span, gradient.layout) }
///     options.gradientScale = norm.scale(maximum: 1)
public struct GradientNorm: Hashable, Sendable {
  /// Of what was added; finite for finite gradients.
  public private(set) var sumOfSquares = 0.0

  public init() {}

  public var norm: Double { sumOfSquares.squareRoot() }

  /// Throws where the layout does not fit or the span is too short; nothing is added then.
  public mutating func add(
    _ gradient: Span<Float>, _ layout: MatrixLayout, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let plan = try SumOfSquaresPlan(input: layout, context: context)
    try add(gradient, plan)
  }

  /// The same with a plan that was made before, which takes no memory.
  public mutating func add(_ gradient: Span<Float>, _ plan: SumOfSquaresPlan) throws(TesseraError) {
    sumOfSquares += try plan.run(gradient)
  }

  /// min(1, maximum / norm), rounded once: with it the norm is at most `maximum`, but for rounding. NaN where the norm
  /// is NaN or infinite, because no factor makes such gradients finite; AdamW refuses it, and nothing has been changed.
  /// `maximum` is above 0; of anything else the answer is NaN too.
  public func scale(maximum: Double) -> Float {
    guard norm.isFinite, maximum > 0 else { return .nan }
    return norm <= maximum ? 1 : Float(maximum / norm)
  }
}
