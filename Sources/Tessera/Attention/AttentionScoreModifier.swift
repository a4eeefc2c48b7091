/// What a caller does to attention's scores: closures over runs of one query's scores with their coordinates.
///
///     s′ = modify(s),  s as softcap, bias and slopes have left it;  then masks, sink, softmax and dropout of s′
///
/// A score of −inf hides its key as a mask does: whatever key and value hold, NaN too, takes part in nothing, forward
/// and backward. That is so of every score that is −inf after the modifier, also where a bias made it so.
///
/// The closures are called from several threads at a time, once for each run of keys that a query sees by its position;
/// what the mask and key lengths hide they never see. How a row is cut into runs follows from the problem and differs
/// between the passes, so that a result may depend on coordinates and scores only. A plan takes a modifier when it is
/// made; forward and backward take the same one.
public struct AttentionScoreModifier: Sendable {
  public typealias Modify = @Sendable (inout AttentionScoreRun) -> Void
  public typealias Differentiate = @Sendable (inout AttentionScoreGradientRun) -> Void

  let modify: Modify
  let differentiate: Differentiate?
  /// Whether scores become −inf or stay as they are; then they need not be scaled to be shown.
  let onlyHides: Bool

  /// Whether the backward pass can have it.
  var isDifferentiable: Bool { onlyHides || differentiate != nil }

  private init(_ modify: @escaping Modify, _ differentiate: Differentiate?, onlyHides: Bool) {
    (self.modify, self.differentiate, self.onlyHides) = (modify, differentiate, onlyHides)
  }

  /// `differentiate` multiplies the gradient of each modified score by ds′/ds at the score before, which it is shown;
  /// without it there is no backward pass. Where a modified score depends on several of its run there is none either.
  public init(_ modify: @escaping Modify, differentiate: Differentiate? = nil) {
    self.init(modify, differentiate, onlyHides: false)
  }

  /// One that sets scores to −inf and changes no other: a mask, run by run. What the scores are is not to be looked at;
  /// they may not be scaled yet. Its derivative is 1.
  public static func hiding(_ hide: @escaping Modify) -> AttentionScoreModifier {
    AttentionScoreModifier(hide, nil, onlyHides: true)
  }

  /// A mask key by key: hidden is what `isVisible` is false of. Called for each score: `hiding` is faster.
  public static func mask(
    _ isVisible: @escaping @Sendable (_ sequence: Int, _ head: Int, _ query: Int, _ key: Int) -> Bool
  ) -> AttentionScoreModifier {
    hiding { run in
      let (sequence, head, query, first) = (run.sequence, run.head, run.query, run.keys.lowerBound)
      for index in 0..<run.keys.count where !isVisible(sequence, head, query, first + index) {
        run.scores[index] = -.infinity
      }
    }
  }

  /// A function of a score and its coordinates, and its derivative by the score. Called for each score: closures over
  /// runs are faster.
  public static func scores(
    _ modified:
      @escaping @Sendable (_ score: Float, _ sequence: Int, _ head: Int, _ query: Int, _ key: Int) -> Float,
    derivative: (@Sendable (_ score: Float, _ sequence: Int, _ head: Int, _ query: Int, _ key: Int) -> Float)? = nil
  ) -> AttentionScoreModifier {
    let modify: Modify = { run in
      let (sequence, head, query, first) = (run.sequence, run.head, run.query, run.keys.lowerBound)
      for index in 0..<run.keys.count {
        run.scores[index] = modified(run.scores[index], sequence, head, query, first + index)
      }
    }
    guard let derivative else { return AttentionScoreModifier(modify) }
    return AttentionScoreModifier(modify) { run in
      let (sequence, head, query, first) = (run.sequence, run.head, run.query, run.keys.lowerBound)
      for index in 0..<run.keys.count {
        // Not in place: Swift 6.3's compiler makes a broken module of that for the thread sanitizer.
        let factor = derivative(run.scores[index], sequence, head, query, first + index)
        run.gradients[index] = run.gradients[index] * factor
      }
    }
  }
}
