/// Time over tokens, both logarithmic, with both predictions, the fit, and both ridges.
struct SweepPicture {
  let sweep: TokenSweep

  var picture: Picture {
    let (points, fit) = (sweep.points, sweep.fit)
    let ridges = [("predicted", sweep.predictedRidge, PictureStyle.paper), ("measured", fit.ridge, PictureStyle.fused)]
    let times = points.map(\.microseconds) + [sweep.weightReadMicroseconds, fit.floor]
    let (low, high) = (times.min()! / 2, times.max()! * 1.6)
    var lines = PictureStyle.head("sweep", width: 960, height: 560)
    lines += [
      "set lmargin at screen 0.08", "set rmargin at screen 0.985", "set logscale x 2", "set logscale y",
      "set xrange [\(Double(points.first!.tokens) / 1.2):\(Double(points.last!.tokens) * 1.2)]",
      "set yrange [\(low):\(high)]",
      "set xlabel 'tokens'", "set ylabel 'µs for the four maps of a layer' offset 0.5", "set key left top",
      "set xtics (" + points.map { "'\($0.tokens)' \($0.tokens)" }.joined(separator: ", ") + ")",
    ]
    for ridge in ridges {
      // Names stand outside, so that neither crosses the other's line.
      let isLeft = ridge.1 == ridges.map(\.1).min()
      lines += [
        "set arrow from \(ridge.1),graph 0 to \(ridge.1),graph 0.62 nohead lc rgb '\(ridge.2)' dt 2",
        "set label '\(ridge.0): \(Number.fixed(ridge.1, 1)) tokens' at \(ridge.1),graph 0.66 "
          + (isLeft ? "right offset -0.6,0 front" : "left offset 0.6,0 front"),
      ]
    }
    lines += PictureStyle.data("points", points.map { [Double($0.tokens), $0.microseconds] })
    lines += [
      "above(a, b) = a > b ? a : b", "set samples 400",
      "plot \(sweep.weightReadMicroseconds) with lines lc rgb '\(PictureStyle.grid)' dt 4 "
        + "title 'weights read once', \\",
      "  \(sweep.peakMicrosecondsPerToken) * x with lines lc rgb '\(PictureStyle.grid)' dt 1 title 'FMA peak', \\",
      "  above(\(fit.floor), \(fit.slope) * x) with lines lc rgb '\(PictureStyle.fused)' "
        + "title 'fitted floor and line', \\",
      "  $points with points pt 7 ps 0.8 lc rgb '\(PictureStyle.unfused)' title 'measured'",
    ]
    return Picture(
      name: "sweep", title: "Time of a layer's linear maps over the number of tokens",
      script: lines.joined(separator: "\n") + "\n")
  }
}
