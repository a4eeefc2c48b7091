import Tessera

/// What `tessera bench --pass` and `--apart` found; its coding keys are the keys of the JSON.
public struct PartsBenchResult: Encodable, Sendable {
  /// Times over the runs, and what they are of the machine's best; words and formulas are those of `BenchResult`.
  public struct Figures: Encodable, Sendable {
    /// The catalog's name; of all calls together that of the forward one.
    public let `operator`: String
    public let medianMicroseconds: Double
    public let minimumMicroseconds: Double
    public let maximumMicroseconds: Double
    /// (maximum − minimum) / median.
    public let spread: Double
    /// The median's part of all calls' medians, to hundredths that add up to 100.00.
    public let timePercent: Double
    public let floatingPointOperations: Int
    public let gflops: Double
    /// The share of the FMA peak measured in this run.
    public let percentOfPeak: Double
    /// D and Q.
    public let bytes: Int
    public let leastBytes: Int
    /// Whether some of D was taken as Q because it could not be counted.
    public let modelled: Bool
    public let gigabytesPerSecond: Double
    /// Q / D, and B / B̂.
    public let dataRatio: Double
    public let bandwidthRatio: Double
    public let mue: Double
    public let bandwidthKind: BandwidthKind
  }

  /// Absent where the operator alone was timed.
  public let pass: LayerPass?
  /// Packed sequences that had calls of their own; absent where one call had all.
  public let sequencesApart: Int?
  /// Extents of the operator's one call of all sequences, with a pass the forward one, by the names of the options
  /// that set them.
  public let extents: [String: Int]
  public let options: OptionFigures
  public let isWarm: Bool
  public let threads: Int
  public let isa: InstructionSet
  public let runs: Int
  /// Each call, or the calls of each operator for all sequences together.
  public let parts: [Figures]
  /// All calls of a run together.
  public let whole: Figures
  public let peakGflops: Double
  public let steadiness: MachineSteadiness
}
