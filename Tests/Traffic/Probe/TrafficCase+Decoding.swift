import Tessera

/// What only decoding has.
extension TrafficCase {
  private static let storedTypes: [ElementType] = [.float32, .q4_1]

  static let storedCases = storedTypes.flatMap { type in
    // Two or three of 96 rows of 2,048 are named twice: D reads them twice, one cache does not.
    [
      TrafficCase(
        name: "embedding-rows", extents: [.rows: 96, .columns: 256, .vocabulary: 2048], note: "-\(type.name)",
        configure: { $0.weightType = type }, fastMemoryBytes: 32 << 10)
    ]
      // D reads the input of one row again for each of 16 items, which is to be little beside their weights. 24 rows
      // take panels of floats, which must find room as left rows and sums must, D presumes it; they are one item.
      + [(1, 1536, 64 << 10), (24, 192, 1 << 20)].map { rows, columns, capacity in
        TrafficCase(
          name: "stored-linear", extents: [.rows: rows, .columns: columns, .depth: 512], note: "-\(type.name)",
          configure: { $0.weightType = type }, fastMemoryBytes: capacity)
      }
  }

  /// Rows of 32 KiB; a draw makes a copy and weights of each, which stay.
  static let drawnCases = [
    TrafficCase(name: "argmax", extents: logits, mode: .inference, fastMemoryBytes: 32 << 10),
    TrafficCase(name: "sampling", extents: logits, mode: .inference, fastMemoryBytes: 256 << 10),
  ]

  /// The table's rows, which D counts again for each sequence, are 2 % of D.
  static let cacheCases = RotaryPairing.allCases.map { pairing in
    TrafficCase(
      name: "cache-append",
      extents: [.batch: 4, .queryLength: 16, .keyValueHeads: 8, .headDimension: 64, .valueDimension: 48],
      note: "-\(pairing.rawValue)", configure: { ($0.rotary.pairing, $0.rotary.rotatedColumns) = (pairing, 32) },
      fastMemoryBytes: 32 << 10)
  }

  private static let logits: Extents = [.rows: 6, .columns: 8192]
}
