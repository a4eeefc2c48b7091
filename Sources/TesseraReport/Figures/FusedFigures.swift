/// What the report says of one fused sequence as a whole.
public struct FusedFigures: Sendable {
  public let fusion: LayerFusion
  /// Label of the kernel that makes it differ from the paper's other sequence; or the name.
  public let label: String
  public let classes: [ClassShares]
  public let totals: ReportTotals
  public let endToEnd: EndToEnd

  init(_ sequence: LayerMeasurement.Sequence, _ measurement: LayerMeasurement, _ figures: StepFigures) {
    let rows = measurement.layer.rows
    let contributions = Contribution.all(sequence.steps, of: rows, figures)
    fusion = sequence.fusion!
    if case .paper = fusion {
      label = sequence.steps.first { !$0.rows.filter(["softmax", "softmax-dx"].contains).isEmpty }!.label!
    } else {
      label = fusion.name
    }
    classes = ClassShares.all(rows, contributions)
    totals = ReportTotals(
      unfused: Contribution.all(measurement.unfused.steps, of: rows, figures), fused: contributions)
    endToEnd = EndToEnd(
      unfused: measurement.unfused.endToEnd, fused: sequence.endToEnd, paperRatio: sequence.paperRatio)
  }
}
