import Tessera

/// What the backward pass of a linear map has.
extension TrafficCase {
  /// One item each. Weights or inputs are packed whole and stay, or a panel at a time; what a call in place adds to is
  /// read too. Columns of an output's gradient are whole lines of each block.
  static let linearGradientCases = [
    TrafficCase(
      name: "linear-input-gradient", extents: [.rows: 520, .columns: 320, .depth: 192], fastMemoryBytes: 1536 << 10),
    TrafficCase(
      name: "linear-input-gradient", extents: [.rows: 520, .columns: 320, .depth: 192], fastMemoryBytes: 768 << 10),
    TrafficCase(
      name: "linear-input-gradient", extents: [.rows: 520, .columns: 320, .depth: 192], note: "-packed",
      configure: { $0.packsWeights = true }, fastMemoryBytes: 1 << 20),
    // Sums stay until they are finished.
    TrafficCase(name: "L-BDRB", extents: [.rows: 260, .columns: 320, .depth: 192], fastMemoryBytes: 1536 << 10),
    TrafficCase(
      name: "L-BDRB", extents: [.rows: 260, .columns: 320, .depth: 192], note: "-gelu",
      configure: { $0.activation = .gelu }, fastMemoryBytes: 1536 << 10),
    TrafficCase(name: "L-BEI", extents: [.rows: 260, .columns: 320, .depth: 192], fastMemoryBytes: 1536 << 10),
    TrafficCase(
      name: "linear-input-gradient-gated-activation", extents: [.rows: 260, .columns: 320, .depth: 192], note: "-silu",
      configure: { $0.activation = .silu }, fastMemoryBytes: 1536 << 10),
    TrafficCase(
      name: "L-BEI", extents: [.rows: 260, .columns: 320, .depth: 192], note: "-packed",
      configure: { $0.packsWeights = true }, fastMemoryBytes: 1536 << 10),
    TrafficCase(
      name: "linear-weight-gradient", extents: [.rows: 320, .columns: 512, .depth: 192], fastMemoryBytes: 1536 << 10),
    TrafficCase(
      name: "linear-weight-gradient", extents: [.rows: 320, .columns: 256, .depth: 192], note: "-onto",
      configure: { $0.isInPlace = true }, fastMemoryBytes: 1536 << 10),
    // Hardly anything but the output's gradient, which the bias's sum does not read again.
    TrafficCase(
      name: "linear-weight-gradient", extents: [.rows: 600, .columns: 512, .depth: 16], fastMemoryBytes: 1 << 20),
  ]
}
