/// How logits and targets become a loss.
public struct CrossEntropyOptions: Hashable, Sendable {
  /// What the rows' losses become.
  public enum Reduction: String, CaseIterable, Sendable {
    /// Their sum over the number of rows that count; 0 where none does.
    case mean
    case sum
  }

  /// Rows with this target do not count, and nothing of theirs is used. It may be a column or not.
  public var ignoredTarget: Int32
  /// How much of the target's probability goes to all columns alike: 0 to 1.
  public var labelSmoothing: Float
  public var reduction: Reduction
  /// What the loss and its gradients are multiplied by; rows' losses are not.
  public var scale: Float
  /// Rows whose logits are held at a time, 1 or more; nil: as many as take about 64 MiB.
  public var rowsPerChunk: Int?

  public init(
    ignoredTarget: Int32 = -100, labelSmoothing: Float = 0, reduction: Reduction = .mean, scale: Float = 1,
    rowsPerChunk: Int? = nil
  ) {
    (self.ignoredTarget, self.labelSmoothing) = (ignoredTarget, labelSmoothing)
    (self.reduction, self.scale, self.rowsPerChunk) = (reduction, scale, rowsPerChunk)
  }

  package func check(operation: String) throws(TesseraError) {
    func check(_ fits: Bool, _ operand: String, _ expected: String, _ actual: some Any) throws(TesseraError) {
      guard fits else {
        throw .invalidOperand(operation: operation, operand: operand, expected: expected, actual: "\(actual)")
      }
    }
    try check((0...1).contains(labelSmoothing), "label smoothing", "0 to 1", labelSmoothing)
    try check(scale.isFinite, "scale", "a finite number", scale)
    if let rowsPerChunk { try check(rowsPerChunk >= 1, "rows per chunk", "1 or more", rowsPerChunk) }
  }
}
