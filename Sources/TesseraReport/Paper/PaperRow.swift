import Tessera

/// A row of the paper's Table A.1: BERT-large encoder layer, B 8, L 512, fp16, one V100 ("Data Movement Is All You
/// Need", Ivanov et al., MLSys 2021).
public struct PaperRow: Encodable, Hashable, Sendable {
  public let id: String
  public let operatorClass: OperatorClass
  public let name: String
  public let gflop: Double
  public let inputMillions: Double
  public let outputMillions: Double
  public let pytorchMicroseconds: Double
  public let pytorchPercentOfPeak: Double
  /// The paper's own implementation; on the last row that a fused kernel covers, nil on the others.
  public let ours: Ours?
  /// Label of the paper's fused kernel, on every row that it covers.
  public let kernel: String?

  public struct Ours: Encodable, Hashable, Sendable {
    public let microseconds: Double
    public let percentOfPeak: Double
    public let mue: Double
    public let speedup: Double
  }

  private enum CodingKeys: String, CodingKey {
    case gflop, inputMillions, outputMillions, pytorchMicroseconds, pytorchPercentOfPeak, ours, kernel
  }
}
