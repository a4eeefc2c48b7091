extension OperatorDescriptor {
  /// New keys, their first columns rotated, and values into a cache of this type; of `rotatedColumns` nil is all. FLOPs
  /// are the rotation's. Of the table Q counts the rows of one sequence: others may stand at the same positions.
  public static func cacheAppend(_ type: ElementType, rotatedColumns: Int? = nil) -> OperatorDescriptor {
    let content = type == .float32 ? Operand.Content.values : .stored
    func ofRotated(_ coefficient: Int, _ extents: [Extent]) -> Count {
      rotatedColumns.map { Count(coefficient * $0, extents) } ?? Count(coefficient, extents + [.headDimension])
    }
    return OperatorDescriptor(
      name: "cache-append", operatorClass: .elementWise, fuses: ["rotary-embedding"],
      formula: "cached-keys[b][h][p mod capacity] = rotary(keys[b][h][i], p),"
        + "  cached-values[b][h][p mod capacity] = values[b][h][i],  p = start[b] + i",
      floatingPointOperations: ofRotated(3, [.batch, .queryLength, .keyValueHeads]),
      reads: [
        Operand("keys", .heads(.keyValueHeads, rows: .queryLength, columns: .headDimension)),
        Operand("values", .heads(.keyValueHeads, rows: .queryLength, columns: .valueDimension)),
      ],
      writes: [
        Operand(
          "cached-keys", .heads(.keyValueHeads, rows: .queryLength, columns: .headDimension), type, content: content),
        Operand(
          "cached-values", .heads(.keyValueHeads, rows: .queryLength, columns: .valueDimension), type, content: content),
      ],
      constants: [Operand("table", .matrix(.queryLength, .headDimension), leastCount: ofRotated(1, [.queryLength]))],
      options: [.rotary])
  }
}
