/// The scores of one query with neighbouring keys, as an `AttentionScoreModifier` sees and changes them: one row of a
/// tile, all of whose keys the query sees by its position.
///
/// It is valid within the closure that it is handed to.
public struct AttentionScoreRun: ~Copyable {
  /// b: 0 ..< B
  public let sequence: Int
  /// The query head: 0 ..< Hq
  public let head: Int
  /// i: 0 ..< Lq
  public let query: Int
  /// i′: where the query stands among the keys, as the mask and slopes count.
  public let position: Int
  /// j of the scores; at least one.
  public let keys: Range<Int>
  @usableFromInline let scores: UnsafeMutablePointer<Float>

  init(
    sequence: Int, head: Int, query: Int, position: Int, keys: Range<Int>, scores: UnsafeMutablePointer<Float>
  ) {
    (self.sequence, self.head, self.query, self.position) = (sequence, head, query, position)
    (self.keys, self.scores) = (keys, scores)
  }

  /// The score of one of `keys`. −inf hides the key.
  @inlinable
  public subscript(key: Int) -> Float {
    get {
      precondition(keys.contains(key), "a key of the run")
      return scores[key - keys.lowerBound]
    }
    set {
      precondition(keys.contains(key), "a key of the run")
      scores[key - keys.lowerBound] = newValue
    }
  }

  /// All scores at once, of which the first is that of the first of `keys`.
  @inlinable
  public mutating func withScores<Result>(_ body: (inout MutableSpan<Float>) -> Result) -> Result {
    var span = UnsafeMutableBufferPointer(start: scores, count: keys.count).mutableSpan
    return body(&span)
  }
}

/// The gradients of one query's scores with neighbouring keys, as the derivative of an `AttentionScoreModifier` sees
/// and changes them: in, of the loss by the modified scores; out, by the scores before.
///
/// It is valid within the closure that it is handed to.
public struct AttentionScoreGradientRun: ~Copyable {
  /// b: 0 ..< B
  public let sequence: Int
  /// The query head: 0 ..< Hq
  public let head: Int
  /// i: 0 ..< Lq
  public let query: Int
  /// i′: where the query stands among the keys, as the mask and slopes count.
  public let position: Int
  /// j of the scores; at least one.
  public let keys: Range<Int>
  @usableFromInline let scores: UnsafePointer<Float>
  @usableFromInline let gradients: UnsafeMutablePointer<Float>

  init(
    sequence: Int, head: Int, query: Int, position: Int, keys: Range<Int>, scores: UnsafePointer<Float>,
    gradients: UnsafeMutablePointer<Float>
  ) {
    (self.sequence, self.head, self.query, self.position) = (sequence, head, query, position)
    (self.keys, self.scores, self.gradients) = (keys, scores, gradients)
  }

  /// The gradient of one of `keys`; 0 where the key is hidden, whatever is written there.
  @inlinable
  public subscript(key: Int) -> Float {
    get {
      precondition(keys.contains(key), "a key of the run")
      return gradients[key - keys.lowerBound]
    }
    set {
      precondition(keys.contains(key), "a key of the run")
      gradients[key - keys.lowerBound] = newValue
    }
  }

  /// The score of one of `keys` as it was before the modifier.
  @inlinable
  public func score(ofKey key: Int) -> Float {
    precondition(keys.contains(key), "a key of the run")
    return scores[key - keys.lowerBound]
  }

  /// All scores before the modifier, and all gradients, of which the first are those of the first of `keys`.
  @inlinable
  public mutating func withGradients<Result>(
    _ body: (_ scores: Span<Float>, _ gradients: inout MutableSpan<Float>) -> Result
  ) -> Result {
    let before = UnsafeBufferPointer(start: scores, count: keys.count).span
    var span = UnsafeMutableBufferPointer(start: gradients, count: keys.count).mutableSpan
    return body(before, &span)
  }
}
