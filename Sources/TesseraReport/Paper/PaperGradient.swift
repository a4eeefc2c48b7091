/// What the paper says of a row of its table's backward half: theory alone, as its times of that half are not at hand.
public struct PaperGradient: Encodable, Hashable, Sendable {
  /// Label of the paper's fused kernel, on every row that it covers; nil of a contraction.
  public let kernel: String?
  /// Of a contraction, or of a fused kernel where its last row stands; nil on a kernel's other rows.
  public let inputMillions: Double?
  public let outputMillions: Double?
  /// Of a contraction.
  public let gflop: Double?

  private init(kernel: String?, gflop: Double? = nil, elements: (input: Double, output: Double)? = nil) {
    (self.kernel, self.gflop) = (kernel, gflop)
    (inputMillions, outputMillions) = (elements?.input, elements?.output)
  }

  /// By the rows' ids.
  public static let all: [String: PaperGradient] = {
    var all: [String: PaperGradient] = [:]
    for (id, gflop, input, output) in contractions {
      all[id] = PaperGradient(kernel: nil, gflop: gflop, elements: (input, output))
    }
    for (kernel, rows, input, output) in kernels {
      for id in rows { all[id] = PaperGradient(kernel: kernel, elements: id == rows.last ? (input, output) : nil) }
    }
    return all
  }()

  private static let contractions: [(id: String, gflop: Double, input: Double, output: Double)] = [
    ("linear-2-dx", 34.360, 8.389, 16.777), ("linear-2-dw", 34.360, 20.972, 4.194),
    ("linear-1-dx", 34.360, 20.972, 4.194), ("linear-1-dw", 34.360, 20.972, 4.194),
    ("out-dx", 8.590, 5.243, 4.194), ("out-dw", 8.590, 8.389, 1.049), ("gamma-dx1", 4.295, 8.389, 33.554),
    ("gamma-dx2", 4.295, 37.749, 4.194), ("qkt-dx1", 4.295, 37.749, 4.194), ("qkt-dx2", 4.295, 37.749, 4.194),
    ("qkv-dx", 25.770, 15.729, 4.194), ("qkv-dw", 25.770, 16.777, 3.146),
  ]

  private static let kernels: [(label: String, rows: [String], input: Double, output: Double)] = [
    ("BSB", ["layer-norm-2-dw"], 8.39, 4.196), ("BLNRD", ["layer-norm-2-dx", "out2-dropout-dx"], 12.587, 8.389),
    ("BDRB", ["ffn-dropout-dx", "relu-dx", "ffn-bias-dw"], 50.33, 16.78),
    ("EBSB", ["residual-2-dx", "layer-norm-1-dw", "out2-bias-dw"], 16.78, 4.197),
    ("BLNRD", ["layer-norm-1-dx", "out-dropout-dx"], 12.587, 8.389), ("BAOB", ["out-bias-dw"], 4.194, 0.001),
    ("BS", ["softmax-dx"], 100.66, 33.55), ("BAIB", ["input-bias-dw"], 12.58, 0.003),
    ("BEI", ["residual-1-dx"], 8.389, 4.194),
  ]
}
