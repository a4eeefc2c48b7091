import Tessera

/// What `tessera bench` found; its coding keys are the keys of the JSON.
///
/// MUE = (Q/D) · (B/B̂) · 100 = Q / (t · B̂) · 100 with t the median; above 100 the data stayed in a cache, or the
/// machine was busier while its peaks were measured.
public struct BenchResult: Encodable, Sendable {
  public struct Peaks: Encodable, Sendable {
    public var gflops: Double
    /// B̂ of `bandwidthKind`.
    public var gigabytesPerSecond: Double
    public var dropoutDecisionsPerSecond: Double
  }

  /// The catalog's name.
  public var `operator`: String
  /// The paper's label; absent where there is none.
  public var label: String?
  /// Extents by the names of the options that set them; those that follow from options have names too.
  public var extents: [String: Int]
  public var mode: ExecutionMode
  /// Those that the operator has.
  public var options: OptionFigures
  public var isWarm: Bool
  /// Sets of operands that took turns.
  public var operandSets: Int
  public var threads: Int
  public var isa: InstructionSet
  public var runs: Int

  public var medianMicroseconds: Double
  public var minimumMicroseconds: Double
  public var maximumMicroseconds: Double
  /// (maximum − minimum) / median.
  public var spread: Double

  public var gflops: Double
  /// The share of the FMA peak measured in this run.
  public var percentOfPeak: Double
  /// B = D / t.
  public var gigabytesPerSecond: Double
  public var mue: Double
  /// Q / D.
  public var dataRatio: Double
  /// B / B̂.
  public var bandwidthRatio: Double
  public var bandwidthKind: BandwidthKind
  /// D of one call.
  public var bytes: Int
  /// Q of one call.
  public var leastBytes: Int
  /// Whether D was taken as Q because it could not be counted.
  public var modelled: Bool
  public var workspaceBytes: Int

  /// Q / B̂.
  public var bandwidthBoundMicroseconds: Double
  /// Draws of a call / the generator's measured rate; absent where nothing is drawn.
  public var generatorBoundMicroseconds: Double?
  /// The larger of the two bounds.
  public var boundMicroseconds: Double
  /// Median / `boundMicroseconds`.
  public var timesBound: Double
  /// Updates of byte counters in one call, and what they cost as a part of the median at most.
  public var counterUpdates: Int
  public var counterPercent: Double
  public var peaks: Peaks
  /// How steady the cores were meanwhile.
  public var steadiness: MachineSteadiness
}
