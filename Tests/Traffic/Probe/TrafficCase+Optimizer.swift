import Tessera

extension TrafficCase {
  /// Each element once: of rows that are one item, and of one long row in several.
  static let optimizerCases = [
    TrafficCase(name: "adamw", extents: narrow, fastMemoryBytes: 32 << 10),
    TrafficCase(name: "adamw", extents: [.rows: 1, .columns: 50_000], fastMemoryBytes: 32 << 10),
    TrafficCase(name: "sum-of-squares", extents: narrow, fastMemoryBytes: 32 << 10),
  ]
}
