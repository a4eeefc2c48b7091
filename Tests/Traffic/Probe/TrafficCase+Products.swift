import Tessera

/// Products of matrices, and what follows them in the same call.
extension TrafficCase {
  /// One item a plane. What is packed at a time, at most 128 KiB here, and what streams past must find room: D presumes
  /// it.
  static let contractionCases = [
    TrafficCase(
      name: "batched-contraction", extents: [.planes: 4, .rows: 96, .columns: 96, .depth: 64], transposesRight: true,
      fastMemoryBytes: 512 << 10),
    TrafficCase(
      name: "batched-contraction", extents: [.planes: 4, .rows: 96, .columns: 64, .depth: 96],
      fastMemoryBytes: 512 << 10),
    // More columns than stay few, and two blocks of depth.
    TrafficCase(
      name: "batched-contraction", extents: [.rows: 32, .columns: 192, .depth: 512], transposesRight: true,
      fastMemoryBytes: 320 << 10),
    // Few columns, and two slices of depth.
    TrafficCase(
      name: "batched-contraction", extents: [.rows: 32, .columns: 64, .depth: 1024], fastMemoryBytes: 320 << 10),
    // Two groups of columns, and the left rows (192 KiB) do not stay from one to the next.
    TrafficCase(
      name: "batched-contraction", extents: [.rows: 96, .columns: 128, .depth: 512], fastMemoryBytes: 320 << 10),
  ]

  /// One item. Everything stays; then weights that are packed whole and stay so, and weights that come round for each
  /// of two blocks of rows, whose left rows come round once in all or for each group of columns. Four items, whose left
  /// rows are gathered once for all. One item again: few rows, and packed weights.
  static let linearCases = [
    TrafficCase(name: "linear", extents: [.rows: 96, .columns: 160, .depth: 256], fastMemoryBytes: 1 << 20),
    TrafficCase(name: "linear", extents: [.rows: 520, .columns: 192, .depth: 320], fastMemoryBytes: 1536 << 10),
    TrafficCase(name: "linear", extents: [.rows: 520, .columns: 200, .depth: 320], fastMemoryBytes: 1 << 20),
    TrafficCase(name: "linear", extents: [.rows: 520, .columns: 200, .depth: 320], fastMemoryBytes: 768 << 10),
    TrafficCase(name: "linear", extents: [.rows: 24, .columns: 512, .depth: 1024], fastMemoryBytes: 1 << 20),
    TrafficCase(name: "linear", extents: [.rows: 4, .columns: 512, .depth: 512], fastMemoryBytes: 512 << 10),
    TrafficCase(
      name: "linear", extents: [.rows: 520, .columns: 192, .depth: 320], note: "-packed",
      configure: { $0.packsWeights = true }, fastMemoryBytes: 1 << 20),
    TrafficCase(
      name: "linear", extents: [.rows: 4, .columns: 512, .depth: 512], note: "-packed",
      configure: { $0.packsWeights = true }, fastMemoryBytes: 512 << 10),
  ]

  /// One item each, whose sums stay until they are finished: rows without a result of their own, and whole rows.
  static let fusedLinearCases =
    [false, true].flatMap { packs in
      let note = packs ? "-packed" : ""
      // Packed panels are an operand in the same way whatever follows.
      let names =
        packs
        ? ["L-BDRLN"] : ["L-BRD", "L-BDR", "L-BDRLN", "linear-bias-dropout-residual-rms-norm", "linear-residual"]
      return names.map { name in
        TrafficCase(
          name: name, extents: [.rows: 260, .columns: 192, .depth: 320], note: note,
          configure: { $0.packsWeights = packs }, fastMemoryBytes: 1536 << 10)
      } + [
        TrafficCase(
          name: "L-AIB",
          extents: [.batch: 3, .queryLength: 50, .queryHeads: 4, .keyValueHeads: 2, .headDimension: 24, .depth: 320],
          note: note, configure: { $0.packsWeights = packs }, fastMemoryBytes: 1536 << 10)
      ]
    } + [
      // Not packed: of two operands' panels the probe knows one.
      TrafficCase(
        name: "linear-gated-activation", extents: [.rows: 260, .columns: 192, .depth: 320], fastMemoryBytes: 1536 << 10),
      // Several blocks of rows, and weights that come round for each.
      TrafficCase(name: "L-BDRLN", extents: [.rows: 520, .columns: 200, .depth: 320], fastMemoryBytes: 1 << 20),
      // What the activation's gradient needs is kept.
      TrafficCase(
        name: "L-BRD", extents: [.rows: 260, .columns: 192, .depth: 320], note: "-gelu",
        configure: { $0.activation = .gelu }, fastMemoryBytes: 1536 << 10),
      TrafficCase(
        name: "L-BDRLN", extents: [.rows: 260, .columns: 192, .depth: 320], mode: .inference, note: "-sum-no-bias",
        configure: { ($0.hasBias, $0.returnsSum) = (false, true) }, fastMemoryBytes: 1536 << 10),
    ]
}
