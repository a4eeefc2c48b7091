import Tessera

extension TrafficCase {
  /// Sweeps of rows, and sums over rows: of those an item is 128 rows or a multiple, and of the wide ones 1,024 columns and
  /// more.
  static let gradientCases =
    [
      "BLNRD", "bias-dropout-residual-rms-norm-gradient", "BSB", "EBSB", "rms-norm-parameter-gradients",
      "residual-rms-norm-parameter-gradients", "BDRB", "BAOB", "BEI", "BS",
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
      TrafficCase(name: "BSB", extents: [.rows: 130, .columns: 4096], fastMemoryBytes: rowAndAHalf),
    ]
}
