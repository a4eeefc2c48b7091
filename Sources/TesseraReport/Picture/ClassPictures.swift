import Tessera

/// A bar for each sequence, made of its operator classes one after the other.
private struct ClassBars {
  /// Name and parts of each bar, from the top; parts in the order of the classes.
  var bars: [(name: String, parts: [Double])]
  /// Where the axis ends.
  var limit: Double
  var axis: String
  /// The parts' figures, which stand where a part is long enough.
  var label: (Double) -> String
  /// What stands behind a whole bar.
  var total: (Double) -> String?

  func picture(_ name: String, title: String) -> Picture {
    var lines = PictureStyle.head(name, width: 960, height: 92 + 40 * bars.count)
    lines += BarPicture.axes(names: bars.map(\.name), limit: limit, title: axis)
    var plots: [String] = []
    for (index, operatorClass) in OperatorClass.allCases.enumerated() {
      let edges = bars.map { bar in (bar.parts.prefix(index).reduce(0, +), bar.parts.prefix(index + 1).reduce(0, +)) }
      lines += PictureStyle.data(
        "class\(index)",
        edges.enumerated().map { BarPicture.box($0.element.0, $0.element.1, row: Double($0.offset), half: 0.34) })
      plots.append(
        "$class\(index) with boxxyerror fs solid noborder lc rgb '\(PictureStyle.classes[index])' title "
          + PictureStyle.quoted("\(operatorClass.mark) \(operatorClass.rawValue)"))
      for (row, edge) in edges.enumerated() where edge.1 - edge.0 >= Self.labelledPart * limit {
        lines.append(
          "set label '\(label(bars[row].parts[index]))' at \((edge.0 + edge.1) / 2),\(row) center "
            + "tc rgb '#ffffff' font ',12' front")
      }
    }
    for (row, bar) in bars.enumerated() {
      let whole = bar.parts.reduce(0, +)
      guard let text = total(whole) else { continue }
      lines.append("set label '\(text)' at \(whole),\(row) left offset 0.4,0 font ',12' front")
    }
    return Picture(name: name, title: title, script: BarPicture.script(lines, plots))
  }

  /// A figure needs about this much room, of the whole axis.
  private static let labelledPart = 0.03
}

/// The class shares of run time as one bar for each sequence.
struct SharesPicture {
  let report: LayerReport

  var picture: Picture {
    var bars = [("paper: PyTorch, V100", PaperShares.all.map(\.runtimePercent))]
    if let peer = report.peer {
      bars.append(("\(peer.measurement.name) here", peer.classes.map(\.runtimePercent)))
    }
    bars.append(("unfused", report.unfusedClasses.map(\.runtimePercent)))
    bars += report.sequences.map { ("fused, \($0.label)", $0.classes.map(\.runtimePercent)) }
    return ClassBars(
      bars: bars, limit: 100, axis: "share of run time, %", label: { Number.fixed($0, 1) }, total: { _ in nil }
    ).picture("shares", title: "Shares of run time by operator class")
  }
}

/// The classes' run time as one bar for each sequence of this machine: what shares alone do not show is which is
/// longer.
struct TimesPicture {
  let report: LayerReport

  var picture: Picture {
    func milliseconds(_ classes: [ClassShares]) -> [Double] { classes.map { $0.microseconds / 1000 } }
    var bars: [(name: String, parts: [Double])] = []
    if let peer = report.peer { bars.append(("\(peer.measurement.name) here", milliseconds(peer.classes))) }
    bars.append(("unfused", milliseconds(report.unfusedClasses)))
    bars += report.sequences.map { ("fused, \($0.label)", milliseconds($0.classes)) }
    let longest = bars.map { $0.parts.reduce(0, +) }.max() ?? 0
    // A layer of tests takes a fraction of a millisecond.
    let decimals = longest < 10 ? 3 : 1
    return ClassBars(
      bars: bars, limit: longest * 1.12, axis: "run time, ms", label: { Number.fixed($0, decimals) },
      total: { Number.fixed($0, decimals) + " ms" }
    ).picture("times", title: "Run time by operator class")
  }
}
