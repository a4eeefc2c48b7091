import Tessera

extension TrafficCase {
  /// Sweeps of rows, and sums over rows: of those an item is 128 rows or a multiple, and of the wide ones 1,024 columns
  /// and more.
  static let gradientCases =
    [
      "BLNRD", "bias-dropout-residual-rms-norm-gradient", "BSB", "EBSB", "rms-norm-parameter-gradients",
      "residual-rms-norm-parameter-gradients", "BDRB", "BAOB", "BEI", "BS",
      "reglu-gradient", "geglu-gradient", "geglu-tanh-gradient", "swiglu-gradient",
    ].map { name in
      TrafficCase(name: name, extents: narrow, fastMemoryBytes: 32 << 10)
    } + [
      TrafficCase(name: "BLNRD", extents: wide, fastMemoryBytes: rowAndAHalf),
      TrafficCase(name: "BLNRD", extents: wide, fastMemoryBytes: lessThanARow),
      TrafficCase(name: "BS", extents: wide, fastMemoryBytes: rowAndAHalf),
      TrafficCase(
        name: "BLNRD", extents: narrow, note: "-sum", configure: { $0.returnsSum = true }, fastMemoryBytes: 32 << 10),
      TrafficCase(
        name: "BDRB", extents: narrow, note: "-gelu", configure: { $0.activation = .gelu },
        fastMemoryBytes: 32 << 10),
      TrafficCase(name: "swiglu-gradient", extents: wide, fastMemoryBytes: rowAndAHalf),
      // Two or three of 96 rows of 2,048 are named twice: D counts them twice, one cache does not.
      TrafficCase(
        name: "embedding-rows-gradient", extents: [.rows: 96, .columns: 256, .vocabulary: 512],
        fastMemoryBytes: 32 << 10),
      TrafficCase(
        name: "embedding-rows-gradient", extents: [.rows: 96, .columns: 256, .vocabulary: 2048], note: "-added",
        configure: { $0.isInPlace = true }, fastMemoryBytes: 32 << 10),
      TrafficCase(name: "BSB", extents: [.rows: 130, .columns: 4096], fastMemoryBytes: rowAndAHalf),
    ]
}
