import Tessera

/// The same layer in another library, as `Benchmarks/Peers` measured it on some machine before.
public struct PeerMeasurement: Sendable {
  /// Microseconds over the runs.
  public struct Figure: Hashable, Sendable {
    public let median: Double
    public let minimum: Double
    public let maximum: Double
    public let runs: Int

    /// (maximum − minimum) / median.
    public var spread: Double { (maximum - minimum) / median }
  }

  /// The whole layer's forward pass, or a training step; names are keys of the file.
  public enum LayerMode: String, CaseIterable, Sendable {
    case trainingEager, trainingCompiled, stepEager, stepCompiled, inferenceEager, inferenceCompiled

    /// The name that tables print.
    public var name: String {
      switch self {
      case .trainingEager: "training, eager"
      case .trainingCompiled: "training, compiled"
      case .stepEager: "training step, eager"
      case .stepCompiled: "training step, compiled"
      case .inferenceEager: "inference, eager"
      case .inferenceCompiled: "inference, compiled"
      }
    }

    /// Forward alone.
    public var isTraining: Bool { self == .trainingEager || self == .trainingCompiled }
    /// Forward and backward, which a file need not have.
    public var isStep: Bool { self == .stepEager || self == .stepCompiled }
  }

  /// Everything measured under one setting of the memory allocator.
  public struct Setting: Sendable {
    public let name: String
    /// Variables that make the setting.
    public let environment: [String: String]
    /// Every row of the table, by its id.
    public let rows: [String: Figure]
    /// The modes that could be measured.
    public let layer: [LayerMode: Figure]

    /// Sum of the rows' medians, in the table's order.
    public var rowsMicroseconds: Double { PaperRow.forward.reduce(0) { $0 + rows[$1.id]!.median } }
  }

  /// The library's name.
  public let name: String
  /// The versions of the library and what it is built on.
  public let versions: [String: String]
  public let processor: String
  public let threads: Int
  public let runs: Int
  public let settings: [Setting]
  /// The setting whose rows together take least: the one whose rows are shown.
  public let fastest: Setting

  /// The whole layer under the setting that is fastest at it; nil where it was not measured.
  public func layer(_ mode: LayerMode) -> (setting: String, figure: Figure)? {
    settings.compactMap { setting in setting.layer[mode].map { (setting.name, $0) } }
      .min { $0.figure.median < $1.figure.median }
  }
}
