import Tessera

/// The two or three figures that a report is read for, large, each with what it is a figure of.
struct ReportHeadline {
  /// A number where the JSON has it, and the words around it.
  struct Figure: Hashable {
    var key: String
    var number: String
    var unit: String
    var words: String
  }

  let figures: [Figure]

  init(_ report: LayerReport) {
    guard let leading = report.leading else {
      figures = []
      return
    }
    let (whole, totals, name) = (leading.endToEnd, leading.totals, leading.label)
    let baseline =
      "the unfused sequence" + (report.machine.openBLAS.map { ", whose linear maps are OpenBLAS's (\($0.core))" } ?? "")
    var figures = [
      Figure(
        key: leading.fusion == .full ? "endToEndFull.speedup" : "endToEnd.speedup",
        number: Number.fixed(whole.speedup, 2), unit: "×",
        words: "as fast, end to end, as \(baseline): the fused sequence (\(name)) takes "
          + "\(Number.fixed(whole.fusedMicroseconds / 1000, 1)) ms for "
          + "\(Number.fixed(whole.unfusedMicroseconds / 1000, 1)) ms"
      ),
      Figure(
        key: "", number: Number.fixed(Self.savedPercent(totals), 1), unit: "%",
        words: "fewer bytes moved by fusion alone: \(Number.megabytes(totals.fusedBytesLinearAsLeast)) MB for "
          + "\(Number.megabytes(totals.unfusedBytes)) MB, linear maps at their least in both; "
          + "\(Number.megabytes(totals.fusedBytes)) MB with what ours move counted"),
    ]
    if let peer = report.peer, let fastest = Self.fastestTraining(peer) {
      figures.append(
        Figure(
          key: "peer.layer.\(fastest.mode.rawValue).ratio", number: Number.fixed(fastest.ratio!, 2), unit: "×",
          words: "as fast as \(peer.measurement.name) (\(fastest.mode.name)), which takes "
            + "\(Number.fixed(fastest.microseconds / 1000, 1)) ms and was measured before, not in turn"))
    }
    self.figures = figures
  }

  /// Negative where fusion moves more.
  private static func savedPercent(_ totals: ReportTotals) -> Double {
    100 * (1 - Double(totals.fusedBytesLinearAsLeast) / Double(totals.unfusedBytes))
  }

  /// The mode in which the other library has the best chance.
  private static func fastestTraining(_ peer: PeerFigures) -> PeerFigures.Whole? {
    peer.layer.filter { $0.ratio != nil }.min { $0.microseconds < $1.microseconds }
  }

  var html: String {
    guard !figures.isEmpty else { return "" }
    return
      (["<div class=\"headline\">"]
      + figures.map { figure in
        let key = figure.key.isEmpty ? "" : " data-key=\"\(escaped(figure.key))\""
        return
          "<p><strong><b\(key)>\(escaped(figure.number))</b> \(escaped(figure.unit))</strong> "
          + "\(escaped(figure.words))</p>"
      } + ["</div>"]).joined(separator: "\n")
  }
}
