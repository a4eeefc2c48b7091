extension OperatorDescriptor {
  /// New keys, their first columns rotated, and values into a cache of this type. FLOPs are the rotation's.
  public static func cacheAppend(_ type: StoredType, rotatedColumns: Int) -> OperatorDescriptor {
    let stored: ElementType = type == .float32 ? .float32 : .stored(type)
    return OperatorDescriptor(
      name: "cache-append", operatorClass: .elementWise, fuses: ["rotary-embedding"],
      formula:
        "cached-keys[b][h][start[b] + i] = rotary(keys[b][h][i]),  cached-values[b][h][start[b] + i] = values[b][h][i]",
      floatingPointOperations: Count(3 * rotatedColumns, .batch, .queryLength, .keyValueHeads),
      reads: [
        Operand("keys", .heads(.keyValueHeads, rows: .queryLength, columns: .headDimension)),
        Operand("values", .heads(.keyValueHeads, rows: .queryLength, columns: .valueDimension)),
      ],
      writes: [
        Operand("cached-keys", .heads(.keyValueHeads, rows: .queryLength, columns: .headDimension), stored),
        Operand("cached-values", .heads(.keyValueHeads, rows: .queryLength, columns: .valueDimension), stored),
      ],
      constants: [
        Operand("table", .matrix(.queryLength, .headDimension), leastCount: Count(rotatedColumns, .queryLength))
      ])
  }
}
