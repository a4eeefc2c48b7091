import Tessera

/// What the report says of the layer in another library.
public struct PeerFigures: Sendable {
  /// The whole layer in one of the library's ways.
  public struct Whole: Sendable {
    public let mode: PeerMeasurement.LayerMode
    /// Median, under the setting that is fastest at it.
    public let microseconds: Double
    public let spread: Double
    public let setting: String
    /// The library's time over that of our leading sequence, end to end; nil of what the sequence does not do:
    /// inference, forward alone beside a whole step, a step beside forward alone; and where only the unfused sequence
    /// ran.
    public let ratio: Double?
  }

  public let measurement: PeerMeasurement
  /// Sum of the rows' medians.
  public let rowsMicroseconds: Double
  public let classes: [ClassShares]
  /// The modes that were measured, in their order.
  public let layer: [Whole]
  private let rows: [String: PeerRow]

  /// `rows` of the forward pass. `fusedMicroseconds`: ours, from the first step's start to the last one's end; nil
  /// where none ran.
  init(_ measurement: PeerMeasurement, rows: [LayerRow], pass: LayerPass, fusedMicroseconds: Double?) {
    self.measurement = measurement
    let figures = rows.map { measurement.fastest.rows[$0.id]! }
    let shares = percentages(of: figures.map(\.median))
    self.rows = Dictionary(
      uniqueKeysWithValues: rows.indices.map { index in
        (rows[index].id, PeerRow(figures[index], sharePercent: shares[index]))
      })
    rowsMicroseconds = measurement.fastest.rowsMicroseconds
    classes = ClassShares.all(rows, times: zip(rows, figures).map { ($0.operatorClass, $1.median) })
    layer = PeerMeasurement.LayerMode.allCases.compactMap { mode in
      measurement.layer(mode).map { setting, figure in
        Whole(
          mode: mode, microseconds: figure.median, spread: figure.spread, setting: setting,
          ratio: (pass == .both ? mode.isStep : mode.isTraining) ? fusedMicroseconds.map { figure.median / $0 } : nil)
      }
    }
  }

  /// nil of backward rows, which are not measured there.
  func row(_ id: String) -> PeerRow? { rows[id] }
}

/// A row of the table in another library; coding keys are keys of the report's JSON.
public struct PeerRow: Encodable, Hashable, Sendable {
  /// Median over the runs.
  public let microseconds: Double
  public let spread: Double
  /// Share of the sum over all rows, to hundredths that add up to 100.00.
  public let sharePercent: Double

  init(_ figure: PeerMeasurement.Figure, sharePercent: Double) {
    microseconds = figure.median
    spread = figure.spread
    self.sharePercent = sharePercent
  }
}
