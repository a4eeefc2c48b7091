/// What a call of attention needs besides its operands; dropout's probability, seed and offset are the call's own.
public struct ReferenceAttention: Sendable {
  public var scale = 1.0
  /// Scores become softcap · tanh(score / softcap); nil: they stay.
  public var softcap: Double?
  /// Whether keys past the query's place are hidden.
  public var isCausal = false
  /// How many keys before and after the query's place are visible; nil: all.
  public var windowLeft: Int?
  public var windowRight: Int?
  /// Whether the last query stands at the last key of its sequence, rather than the first at the first.
  public var alignsEnds = true
  /// Keys of each sequence; nil: all have key-length.
  public var keyLengths: [Int]?
  /// Whether there is an operand `bias`, batch × query heads × queries × keys.
  public var hasBias = false
  /// Whether there is an operand `mask` of that shape, whose zeros hide.
  public var hasMask = false
  /// What stands for the sequence in dropout's plane; nil: its place in the batch.
  public var dropoutSequences: [Int]?
  public var writesLogSumExp = false

  public init() {}

  /// Whether position and length let the query see the key; a mask may hide it still.
  public func sees(query: Int, queryLength: Int, key: Int, keyLength: Int, sequence: Int) -> Bool {
    let length = keyLengths?[sequence] ?? keyLength
    guard key < length else { return false }
    let place = alignsEnds ? query + length - queryLength : query
    if isCausal, key > place { return false }
    if let windowLeft, key - place < -windowLeft { return false }
    if let windowRight, key - place > windowRight { return false }
    return true
  }
}
