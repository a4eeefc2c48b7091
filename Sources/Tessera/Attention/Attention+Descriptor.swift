extension OperatorDescriptor {
  /// Exact attention, tile by tile: the scores are never written.
  ///
  /// FLOPs are those of the two products over visible pairs; in Q are the keys and values that some query sees.
  /// Packed sequences have the rows of their tokens, not Lq and Lk each.
  public static let attention = OperatorDescriptor(
    name: AttentionProblem.operation, label: "TILED", operatorClass: .tensorContraction,
    fuses: ["batched-contraction", "scale", "softmax", "dropout", "batched-contraction"],
    formula: "output[b][h][i] = Σ_j dropout(softmax_j(scale · queries[b][h][i] · keys[b][h/G][j])) · values[b][h/G][j]",
    floatingPointOperations: Count(2, .visiblePairs, .headDimension) + Count(2, .visiblePairs, .valueDimension),
    dropoutDraws: Count(1, .visiblePairs),
    reads: [
      Operand(
        "queries", .heads(.queryHeads, rows: .queryLength, columns: .headDimension),
        leastCount: Count(1, .queryHeads, .queryTokens, .headDimension)),
      Operand(
        "keys", .heads(.keyValueHeads, rows: .keyLength, columns: .headDimension),
        leastCount: Count(1, .visibleKeys, .headDimension)),
      Operand(
        "values", .heads(.keyValueHeads, rows: .keyLength, columns: .valueDimension),
        leastCount: Count(1, .visibleKeys, .valueDimension)),
      Operand("bias", .vector(.biasElements), role: .parameter, optional: true),
      Operand("mask", .vector(.maskElements), .uint8, role: .mask, optional: true),
      Operand("slopes", .vector(.slopeElements), role: .parameter, optional: true),
      Operand("sinks", .vector(.sinkElements), role: .parameter, optional: true),
    ],
    writes: [
      Operand(
        "output", .heads(.queryHeads, rows: .queryLength, columns: .valueDimension),
        leastCount: Count(1, .queryHeads, .queryRows, .valueDimension)),
      Operand(
        "log-sum-exp", .headRows(.queryHeads, rows: .queryLength), role: .rowStatistic, keptForBackward: true,
        leastCount: Count(1, .queryHeads, .queryRows)),
    ], options: [.attention])

  /// Over a cache whose keys and values are stored as this type.
  static func attention(keyValueType type: ElementType) -> OperatorDescriptor {
    var descriptor = attention
    guard type != .float32 else { return descriptor }
    for index in descriptor.reads.indices where ["keys", "values"].contains(descriptor.reads[index].name) {
      descriptor.reads[index].elementType = type
      descriptor.reads[index].content = .stored
    }
    return descriptor
  }
}
