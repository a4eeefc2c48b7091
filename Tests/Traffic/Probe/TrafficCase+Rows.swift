import Tessera

/// Operators that go through rows: element-wise, softmax, norms, and rows on their way to other places.
extension TrafficCase {
  static let rowCases = [
    "bias", "scale", "relu", "gelu", "gelu-tanh", "silu", "dropout", "residual", "BRD", "BDR", "bias-relu-residual",
    "reglu", "geglu", "geglu-tanh", "swiglu", "softmax", "layer-norm",
  ].flatMap { name in
    [
      TrafficCase(name: name, extents: narrow, fastMemoryBytes: 32 << 10),
      TrafficCase(name: name, extents: wide, fastMemoryBytes: rowAndAHalf),
    ]
  }

  /// 384-byte and 6 KiB token rows, which go to many places at once.
  static let inputBiasCases = [(128, 4, 2, 12, 32 << 10), (40, 12, 6, 64, rowAndAHalf)].map {
    TrafficCase(
      name: "AIB",
      extents: [
        .batch: 4, .queryLength: $0, .queryHeads: $1, .keyValueHeads: $2, .headDimension: $3,
      ], fastMemoryBytes: $4)
  }

  static let fusedCases =
    ExecutionMode.allCases.flatMap { mode in
      [
        TrafficCase(name: "SM", extents: narrow, mode: mode, fastMemoryBytes: 32 << 10),
        TrafficCase(name: "SM", extents: wide, mode: mode, fastMemoryBytes: rowAndAHalf),
        TrafficCase(name: "SM", extents: wide, mode: mode, fastMemoryBytes: lessThanARow),
        TrafficCase(name: "BDRLN", extents: narrow, mode: mode, fastMemoryBytes: 32 << 10),
        // Five of eight streams of 8 KiB (seven in inference) fit: the scratch row stays, the shared rows do not.
        TrafficCase(
          name: "BDRLN", extents: [.rows: 32, .columns: 2048], mode: mode, fastMemoryBytes: 44 << 10),
        TrafficCase(name: "BDRLN", extents: wide, mode: mode, fastMemoryBytes: rowAndAHalf),
        TrafficCase(name: "BDRLN", extents: wide, mode: mode, fastMemoryBytes: lessThanARow),
      ]
    } + [
      TrafficCase(name: "softmax", extents: wide, fastMemoryBytes: lessThanARow),
      TrafficCase(name: "layer-norm", extents: wide, fastMemoryBytes: lessThanARow),
    ]

  /// The norm that makes one pass less, and fused calls that lack the bias or return the sum.
  static let rmsCases =
    ExecutionMode.allCases.flatMap { mode in
      [
        TrafficCase(name: "rms-norm", extents: narrow, mode: mode, fastMemoryBytes: 32 << 10),
        TrafficCase(name: "rms-norm", extents: wide, mode: mode, fastMemoryBytes: rowAndAHalf),
        TrafficCase(name: "rms-norm", extents: wide, mode: mode, fastMemoryBytes: lessThanARow),
        TrafficCase(name: fusedRMS, extents: narrow, mode: mode, fastMemoryBytes: 32 << 10),
        TrafficCase(name: fusedRMS, extents: wide, mode: mode, fastMemoryBytes: rowAndAHalf),
      ]
    }
    + ["BDRLN", fusedRMS].flatMap { name in
      [(narrow, 32 << 10), (wide, lessThanARow)].map { extents, capacity in
        TrafficCase(
          name: name, extents: extents, mode: .inference, note: "-sum-no-bias",
          configure: { ($0.hasBias, $0.returnsSum) = (false, true) }, fastMemoryBytes: capacity)
      }
    }

  private static let fusedRMS = "bias-dropout-residual-rms-norm"

  /// The table is no operand, so its first reading is in D only: the shapes make it 3 % of D, where it does not stay
  /// from head to head 6 %.
  static let rotaryCases = RotaryPairing.allCases.flatMap { pairing in
    [
      TrafficCase(
        name: "rotary-embedding", extents: [.planes: 256, .rows: 8, .columns: 64], note: "-\(pairing.rawValue)",
        configure: { $0.rotary.pairing = pairing }, fastMemoryBytes: 32 << 10),
      TrafficCase(
        name: "rotary-embedding", extents: [.planes: 6, .rows: 256, .columns: 64], note: "-\(pairing.rawValue)",
        configure: { $0.rotary.pairing = pairing }, fastMemoryBytes: 48 << 10),
      TrafficCase(
        name: "rotary-embedding", extents: [.planes: 16, .rows: 128, .columns: 64],
        note: "-\(pairing.rawValue)-token-rows",
        configure: {
          $0.rotary.pairing = pairing
          let layout = BatchedMatrixLayout(
            planes: 16, innerPlanes: 16, rows: 128, columns: 64, outerStride: 0, innerStride: 64, rowStride: 1024)
          $0.batchedLayouts = ["input": layout, "output": layout]
        }, fastMemoryBytes: 32 << 10),
    ]
  }
}
