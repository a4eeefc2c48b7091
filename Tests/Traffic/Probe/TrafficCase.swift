import Tessera

/// One call whose counted bytes are compared with its trace.
struct TrafficCase {
  /// The catalog's name or label.
  var name: String
  var extents: Extents
  var mode: ExecutionMode = .training
  var transposesRight = false
  /// Options of the call's own, and what they are called in the table.
  var note = ""
  var configure: @Sendable (inout OperatorRequest) -> Void = { _ in }
  /// C, pinned: the shapes are small because tracing is slow, so C is small as well.
  var fastMemoryBytes: Int

  static let all =
    rowCases + inputBiasCases + fusedCases + rmsCases + gradientCases + rotaryCases + contractionCases + linearCases
    + linearGradientCases + fusedLinearCases + attentionCases + attentionGradientCases
    + storedCases
    + drawnCases + cacheCases + optimizerCases + packedAttentionCases

  /// 512-byte rows in items of about 64 KiB: a row's working set fits 32 KiB many times over, and an item is long enough
  /// that reading the shared rows again for each item, as D does and one cache does not, stays below 5 % of D.
  static let narrow: Extents = [.rows: 512, .columns: 128]
  /// 64 KiB rows, an item each.
  static let wide: Extents = [.rows: 6, .columns: 16384]
  /// Less than one wide row: nothing stays from pass to pass.
  static let lessThanARow = 48 << 10
  /// One and a half wide rows: of some passes, part of a row is still there for the next.
  static let rowAndAHalf = 96 << 10

  private static let rowCases = [
    "bias", "scale", "relu", "gelu", "gelu-tanh", "silu", "dropout", "residual", "BRD", "BDR", "bias-relu-residual",
    "reglu", "geglu", "geglu-tanh", "swiglu", "softmax", "layer-norm",
  ].flatMap { name in
    [
      TrafficCase(name: name, extents: narrow, fastMemoryBytes: 32 << 10),
      TrafficCase(name: name, extents: wide, fastMemoryBytes: rowAndAHalf),
    ]
  }

  /// 384-byte and 6 KiB token rows, which go to many places at once.
  private static let inputBiasCases = [(128, 4, 2, 12, 32 << 10), (40, 12, 6, 64, rowAndAHalf)].map {
    TrafficCase(
      name: "AIB",
      extents: [
        .batch: 4, .queryLength: $0, .queryHeads: $1, .keyValueHeads: $2, .headDimension: $3,
      ], fastMemoryBytes: $4)
  }

  private static let fusedCases =
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
  private static let rmsCases =
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

  /// The table is no operand, so its first reading is in D only: the shapes make it 3 % of D, where it does not stay from
  /// head to head 6 %.
  private static let rotaryCases = RotaryPairing.allCases.flatMap { pairing in
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

  /// One item a plane. What is packed at a time, at most 128 KiB here, and what streams past must find room: D presumes
  /// it.
  private static let contractionCases = [
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

  /// One item. Everything stays; then weights that are packed whole and stay so, and weights that come round for each of
  /// two blocks of rows, whose left rows come round once in all or for each group of columns.
  private static let linearCases = [
    TrafficCase(name: "linear", extents: [.rows: 96, .columns: 160, .depth: 256], fastMemoryBytes: 1 << 20),
    TrafficCase(name: "linear", extents: [.rows: 520, .columns: 192, .depth: 320], fastMemoryBytes: 1536 << 10),
    TrafficCase(name: "linear", extents: [.rows: 520, .columns: 200, .depth: 320], fastMemoryBytes: 1 << 20),
    TrafficCase(name: "linear", extents: [.rows: 520, .columns: 200, .depth: 320], fastMemoryBytes: 768 << 10),
    TrafficCase(name: "linear", extents: [.rows: 4, .columns: 512, .depth: 512], fastMemoryBytes: 512 << 10),
    TrafficCase(
      name: "linear", extents: [.rows: 520, .columns: 192, .depth: 320], note: "-packed",
      configure: { $0.packsWeights = true }, fastMemoryBytes: 1 << 20),
    TrafficCase(
      name: "linear", extents: [.rows: 4, .columns: 512, .depth: 512], note: "-packed",
      configure: { $0.packsWeights = true }, fastMemoryBytes: 512 << 10),
  ]

  /// One item each, whose sums stay until they are finished: rows without a result of their own, and whole rows.
  private static let fusedLinearCases =
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

  private static func attention(
    heads: Int, keyValueHeads: Int? = nil, queries: Int, keys: Int, mode: ExecutionMode = .training,
    fastMemoryBytes: Int
  ) -> TrafficCase {
    TrafficCase(
      name: "attention",
      extents: [
        .batch: 1, .queryHeads: heads, .keyValueHeads: keyValueHeads ?? heads, .queryLength: queries,
        .keyLength: keys, .headDimension: 64, .valueDimension: 64, .biasElements: 0, .maskElements: 0,
        .slopeElements: 0, .sinkElements: 0,
      ], mode: mode, fastMemoryBytes: fastMemoryBytes)
  }

  /// One row whose first visible key, 1023, is the last of its panel: keys are read from 960 on, values are not.
  private static let windowedAttention: TrafficCase = {
    var problem = AttentionProblem(batch: 1, queryHeads: 1, queryLength: 1, keyLength: 1061, headDimension: 512)
    problem.mask = .window(left: 37, right: nil)
    let request = try! OperatorRequest(problem)
    return TrafficCase(
      name: "attention", extents: request.extents, mode: .inference, note: " window",
      configure: { [problem] in $0.attention = problem }, fastMemoryBytes: 1 << 20)
  }()

  /// An item a head: its keys are one tile, or more than one tile, which must find room beside what is packed.
  private static let attentionCases = [
    attention(heads: 3, queries: 96, keys: 200, fastMemoryBytes: 512 << 10),
    attention(heads: 3, queries: 96, keys: 200, mode: .inference, fastMemoryBytes: 512 << 10),
    // Two tiles, 256 KiB each, beside packed keys and the values of the tile before, as much again: with 768 KiB queries
    // and sums, 48 KiB, stay from one to the next, with 544 KiB they do not.
    attention(heads: 2, queries: 96, keys: 1000, fastMemoryBytes: 768 << 10),
    attention(heads: 2, queries: 96, keys: 1000, fastMemoryBytes: 544 << 10),
    // Few rows, and the keys split in two.
    attention(heads: 4, keyValueHeads: 2, queries: 1, keys: 700, mode: .inference, fastMemoryBytes: 512 << 10),
    attention(heads: 4, keyValueHeads: 1, queries: 1, keys: 1030, mode: .inference, fastMemoryBytes: 512 << 10),
    windowedAttention,
    TrafficCase(name: "merge-attention", extents: narrow, fastMemoryBytes: 32 << 10),
  ]
}

extension TrafficCase {
  var shape: String {
    let entry = try? OperatorCatalog.entry(named: name)
    let sizes = (entry?.descriptor.extents ?? []).filter { $0 != .planes || extents[$0] != 1 }
    return sizes.map { "\(extents[$0])" }.joined(separator: "×") + (transposesRight ? "ᵀ" : "") + note
  }
}
