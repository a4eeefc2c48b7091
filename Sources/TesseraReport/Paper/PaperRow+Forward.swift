extension PaperRow {
  /// The forward half, in the table's order. A test compares it with the table in the fixtures.
  public static let forward: [PaperRow] = [
    PaperRow(
      id: "qkv", operatorClass: .tensorContraction, name: "Q, K, V", gflop: 25.770, inputMillions: 7.34,
      outputMillions: 12.58, pytorchMicroseconds: 333, pytorchPercentOfPeak: 56.2,
      ours: Ours(microseconds: 306, percentOfPeak: 61.2, mue: 12, speedup: 1.08), kernel: nil),
    PaperRow(
      id: "input-bias", operatorClass: .elementWise, name: "input bias", gflop: 0.013, inputMillions: 12.59,
      outputMillions: 12.58, pytorchMicroseconds: 90, pytorchPercentOfPeak: 0.4,
      ours: Ours(microseconds: 66, percentOfPeak: 0.5, mue: 78, speedup: 1.35), kernel: "AIB"),
    PaperRow(
      id: "qkt", operatorClass: .tensorContraction, name: "QK^T", gflop: 4.295, inputMillions: 8.39,
      outputMillions: 33.55, pytorchMicroseconds: 189, pytorchPercentOfPeak: 16.5,
      ours: Ours(microseconds: 143, percentOfPeak: 21.8, mue: 50, speedup: 1.32), kernel: nil),
    PaperRow(
      id: "softmax", operatorClass: .statisticalNormalization, name: "scaled softmax", gflop: 0.201,
      inputMillions: 33.55,
      outputMillions: 100.66, pytorchMicroseconds: 453, pytorchPercentOfPeak: 1.3,
      ours: Ours(microseconds: 433, percentOfPeak: 1.3, mue: 32, speedup: 1.04), kernel: "SM"),
    PaperRow(
      id: "gamma", operatorClass: .tensorContraction, name: "gamma", gflop: 4.295, inputMillions: 37.75,
      outputMillions: 4.19, pytorchMicroseconds: 142, pytorchPercentOfPeak: 21.9,
      ours: Ours(microseconds: 160, percentOfPeak: 19.4, mue: 6, speedup: 0.88), kernel: nil),
    PaperRow(
      id: "out", operatorClass: .tensorContraction, name: "out", gflop: 8.590, inputMillions: 5.24,
      outputMillions: 4.19, pytorchMicroseconds: 136, pytorchPercentOfPeak: 45.9,
      ours: Ours(microseconds: 120, percentOfPeak: 52.0, mue: 10, speedup: 1.13), kernel: nil),
    PaperRow(
      id: "out-bias", operatorClass: .elementWise, name: "output bias", gflop: 0.004, inputMillions: 4.20,
      outputMillions: 4.19, pytorchMicroseconds: 34, pytorchPercentOfPeak: 0.4,
      ours: nil, kernel: "BDRLN"),
    PaperRow(
      id: "out-dropout", operatorClass: .elementWise, name: "dropout", gflop: 0.004, inputMillions: 4.19,
      outputMillions: 8.39, pytorchMicroseconds: 37, pytorchPercentOfPeak: 0.3,
      ours: nil, kernel: "BDRLN"),
    PaperRow(
      id: "residual-1", operatorClass: .elementWise, name: "residual", gflop: 0.004, inputMillions: 8.39,
      outputMillions: 4.19, pytorchMicroseconds: 36, pytorchPercentOfPeak: 0.3,
      ours: nil, kernel: "BDRLN"),
    PaperRow(
      id: "layer-norm-1", operatorClass: .statisticalNormalization, name: "layer norm", gflop: 0.029,
      inputMillions: 4.20,
      outputMillions: 4.19, pytorchMicroseconds: 63, pytorchPercentOfPeak: 1.3,
      ours: Ours(microseconds: 102, percentOfPeak: 0.1, mue: 42, speedup: 1.68), kernel: "BDRLN"),
    PaperRow(
      id: "linear-1", operatorClass: .tensorContraction, name: "linear 1", gflop: 34.360, inputMillions: 8.39,
      outputMillions: 16.78, pytorchMicroseconds: 451, pytorchPercentOfPeak: 55.4,
      ours: Ours(microseconds: 402, percentOfPeak: 62.1, mue: 12, speedup: 1.12), kernel: nil),
    PaperRow(
      id: "ffn-bias", operatorClass: .elementWise, name: "bias", gflop: 0.017, inputMillions: 16.78,
      outputMillions: 16.78, pytorchMicroseconds: 116, pytorchPercentOfPeak: 0.4,
      ours: nil, kernel: "BRD"),
    PaperRow(
      id: "relu", operatorClass: .elementWise, name: "ReLU", gflop: 0, inputMillions: 16.78,
      outputMillions: 16.78, pytorchMicroseconds: 112, pytorchPercentOfPeak: 0,
      ours: nil, kernel: "BRD"),
    PaperRow(
      id: "ffn-dropout", operatorClass: .elementWise, name: "dropout", gflop: 0.017, inputMillions: 16.78,
      outputMillions: 33.55, pytorchMicroseconds: 120, pytorchPercentOfPeak: 0.4,
      ours: Ours(microseconds: 183, percentOfPeak: 0.3, mue: 76, speedup: 1.90), kernel: "BRD"),
    PaperRow(
      id: "linear-2", operatorClass: .tensorContraction, name: "linear 2", gflop: 34.360, inputMillions: 20.97,
      outputMillions: 4.19, pytorchMicroseconds: 449, pytorchPercentOfPeak: 55.6,
      ours: Ours(microseconds: 369, percentOfPeak: 67.6, mue: 6, speedup: 1.21), kernel: nil),
    PaperRow(
      id: "out2-bias", operatorClass: .elementWise, name: "bias", gflop: 0.004, inputMillions: 4.20,
      outputMillions: 4.19, pytorchMicroseconds: 35, pytorchPercentOfPeak: 0.3,
      ours: nil, kernel: "BDRLN"),
    PaperRow(
      id: "out2-dropout", operatorClass: .elementWise, name: "dropout", gflop: 0.004, inputMillions: 4.19,
      outputMillions: 8.39, pytorchMicroseconds: 37, pytorchPercentOfPeak: 0.3,
      ours: nil, kernel: "BDRLN"),
    PaperRow(
      id: "residual-2", operatorClass: .elementWise, name: "residual", gflop: 0.004, inputMillions: 8.39,
      outputMillions: 4.19, pytorchMicroseconds: 37, pytorchPercentOfPeak: 0.3,
      ours: nil, kernel: "BDRLN"),
    PaperRow(
      id: "layer-norm-2", operatorClass: .statisticalNormalization, name: "layer norm", gflop: 0.029,
      inputMillions: 4.20,
      outputMillions: 4.19, pytorchMicroseconds: 63, pytorchPercentOfPeak: 1.3,
      ours: Ours(microseconds: 101, percentOfPeak: 0.1, mue: 43, speedup: 1.70), kernel: "BDRLN"),
  ]
}
