import Tessera

/// MUE of every row, unfused and fused, beside the paper's.
struct MemoryUsePicture {
  let report: LayerReport

  var picture: Picture {
    let rows = report.rows
    let highest = rows.flatMap { [$0.unfused.mue, $0.fused?.mue ?? 0, $0.paper?.ours?.mue ?? 0] }.max() ?? 0
    var lines = PictureStyle.head("mue", width: 960, height: 92 + 42 * rows.count)
    lines += BarPicture.axes(
      names: rows.enumerated().map { "\($0.element.name)  \($0.offset + 1)" }, limit: max(100, highest) * 1.12,
      title: "MUE, %")
    let series: [(String, String, (ReportRow) -> Double?)] = [
      ("unfused", PictureStyle.unfused, { $0.unfused.mue }), ("fused", PictureStyle.fused, { $0.fused?.mue }),
      ("paper, fused", PictureStyle.paper, { $0.paper?.ours?.mue }),
    ]
    var plots: [String] = []
    for (place, one) in series.enumerated() {
      let middle = Double(place - 1) * 0.28
      var boxes: [[Double]] = []
      for (row, figures) in rows.enumerated() {
        guard let mue = one.2(figures) else { continue }
        boxes.append(BarPicture.box(0, mue, row: Double(row) + middle, half: 0.13))
        let label = Number.fixed(mue, place == 2 ? 0 : 1) + (place == 1 ? " \(figures.fusedLabel)" : "")
        lines.append(
          "set label \(PictureStyle.quoted(label)) at \(mue),\(Double(row) + middle) left offset 0.4,0 font ',10' front"
        )
      }
      guard !boxes.isEmpty else { continue }
      lines += PictureStyle.data("series\(place)", boxes)
      plots.append("$series\(place) with boxxyerror fs solid noborder lc rgb '\(one.1)' title '\(one.0)'")
    }
    return Picture(
      name: "mue", title: "Memory use efficiency of every row, unfused, fused and the paper's",
      script: BarPicture.script(lines, plots))
  }
}

/// Horizontal bars: rows count from 0 at the top, lengths from 0 at the left.
enum BarPicture {
  static func axes(names: [String], limit: Double, title: String) -> [String] {
    let tics = names.enumerated().map { "\(PictureStyle.quoted($0.element)) \($0.offset)" }.joined(separator: ", ")
    return [
      "set lmargin at screen 0.17", "set rmargin at screen 0.975", "set yrange [\(Double(names.count) - 0.4):-0.6]",
      "set xrange [0:\(limit)]", "set ytics (\(tics)) scale 0", "set grid noytics",
      "set xlabel \(PictureStyle.quoted(title))",
      "set key outside top center horizontal maxcols 3 width -3",
    ]
  }

  /// What gnuplot's boxes take: middle, then left, right, top and bottom.
  static func box(_ left: Double, _ right: Double, row: Double, half: Double) -> [Double] {
    [(left + right) / 2, row, left, right, row - half, row + half]
  }

  static func script(_ lines: [String], _ plots: [String]) -> String {
    (lines + ["plot " + plots.joined(separator: ", \\\n  ")]).joined(separator: "\n") + "\n"
  }
}
