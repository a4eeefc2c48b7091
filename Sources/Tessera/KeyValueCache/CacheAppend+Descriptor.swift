extension OperatorDescriptor {
  /// New keys, rotated, and values into a cache. FLOPs are the rotation's, of all columns.
  public static let cacheAppend = OperatorDescriptor(
    name: "cache-append", operatorClass: .elementWise, fuses: ["rotary-embedding"],
    formula:
      "cached-keys[b][h][start[b] + i] = rotary(keys[b][h][i]),  cached-values[b][h][start[b] + i] = values[b][h][i]",
    floatingPointOperations: Count(3, .batch, .queryLength, .keyValueHeads, .headDimension),
    reads: [
      Operand("keys", .heads(.keyValueHeads, rows: .queryLength, columns: .headDimension)),
      Operand("values", .heads(.keyValueHeads, rows: .queryLength, columns: .valueDimension)),
    ],
    writes: [
      Operand("cached-keys", .heads(.keyValueHeads, rows: .queryLength, columns: .headDimension)),
      Operand("cached-values", .heads(.keyValueHeads, rows: .queryLength, columns: .valueDimension)),
    ],
    constants: [Operand("table", .matrix(.queryLength, .headDimension))])
}
