import Tessera

/// MUE of every row, unfused, fused and on a product, beside the paper's.
struct MemoryUsePicture {
  let report: LayerReport

  var picture: Picture {
    let rows = report.rows
    let highest =
      rows.flatMap { [$0.unfused.mue, $0.fused?.mue ?? 0, $0.full?.mue ?? 0, $0.paper?.ours?.mue ?? 0] }.max() ?? 0
    var lines = PictureStyle.head("mue", width: 960, height: 92 + 52 * rows.count)
    lines += BarPicture.axes(
      names: rows.enumerated().map { "\($0.element.name)  \($0.offset + 1)" }, limit: max(100, highest) * 1.12,
      title: "MUE, %")
    let series = [
      Series(name: "unfused", color: PictureStyle.unfused, mue: { $0.unfused.mue }),
      Series(name: "fused", color: PictureStyle.fused, mue: { $0.fused?.mue }, kernel: \.fusedLabel),
      Series(name: "full", color: PictureStyle.full, mue: { $0.full?.mue }, kernel: \.fullKernel),
      Series(name: "paper, fused", color: PictureStyle.paper, decimals: 0, mue: { $0.paper?.ours?.mue }),
    ]
    var plots: [String] = []
    for (place, one) in series.enumerated() {
      let middle = (Double(place) - 1.5) * 0.22
      var boxes: [[Double]] = []
      for (row, figures) in rows.enumerated() {
        guard let mue = one.mue(figures) else { continue }
        boxes.append(BarPicture.box(0, mue, row: Double(row) + middle, half: 0.1))
        let label = Number.fixed(mue, one.decimals) + (one.kernel(figures).map { " " + $0 } ?? "")
        lines.append(
          "set label \(PictureStyle.quoted(label)) at \(mue),\(Double(row) + middle) left offset 0.4,0 font ',10' front"
        )
      }
      guard !boxes.isEmpty else { continue }
      lines += PictureStyle.data("series\(place)", boxes)
      plots.append("$series\(place) with boxxyerror fs solid noborder lc rgb '\(one.color)' title '\(one.name)'")
    }
    return Picture(
      name: "mue", title: "Memory use efficiency of every row, unfused, fused and the paper's",
      script: BarPicture.script(lines, plots))
  }
}

/// One bar a row.
private struct Series {
  var name, color: String
  var decimals = 1
  var mue: (ReportRow) -> Double?
  /// What stands behind the figure.
  var kernel: (ReportRow) -> String? = { _ in nil }
}

/// Horizontal bars: rows count from 0 at the top, lengths from 0 at the left.
enum BarPicture {
  static func axes(names: [String], limit: Double, title: String) -> [String] {
    let tics = names.enumerated().map { "\(PictureStyle.quoted($0.element)) \($0.offset)" }.joined(separator: ", ")
    return [
      "set lmargin at screen 0.17", "set rmargin at screen 0.975", "set yrange [\(Double(names.count) - 0.4):-0.6]",
      "set xrange [0:\(limit)]", "set ytics (\(tics)) scale 0", "set grid noytics",
      "set xlabel \(PictureStyle.quoted(title))",
      "set key outside top center horizontal maxcols 4 width -3",
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
