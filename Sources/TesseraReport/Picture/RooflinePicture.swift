import Foundation
import Tessera

/// FLOP/s over FLOPs per moved byte, both logarithmic, under the roofs that this run measured.
struct RooflinePicture {
  private let report: LayerReport
  private let points: [RooflinePoint]
  private let horizontal: ClosedRange<Double>
  private let vertical: ClosedRange<Double>

  private static let size = SIMD2(960.0, 600.0)
  /// The frame's edges, as parts of the whole; from below.
  private static let frame = (left: 0.08, right: 0.985, bottom: 0.1, top: 0.975)

  /// nil where there is nothing to show.
  init?(_ report: LayerReport) {
    self.report = report
    points = RooflinePoint.all(report)
    let intensities = points.map(\.intensity)
    guard let least = intensities.min(), let most = intensities.max() else { return nil }
    let slowest = report.machine.peakBandwidth.values.min()!
    horizontal = least / 2...2 * max(most, report.machine.peakGflops / slowest)
    vertical = points.map(\.gflops).min()! / 2...report.machine.peakGflops * 2
  }

  var picture: Picture {
    Picture(
      name: "roofline", title: "Roofline: GFLOP/s over FLOPs per byte moved, every operator unfused and fused",
      script: script.joined(separator: "\n") + "\n")
  }

  private var script: [String] {
    let frame = Self.frame
    let machine = report.machine
    var lines = PictureStyle.head("roofline", width: Int(Self.size.x), height: Int(Self.size.y))
    lines += [
      "set lmargin at screen \(frame.left)", "set rmargin at screen \(frame.right)",
      "set bmargin at screen \(frame.bottom)", "set tmargin at screen \(frame.top)",
      "set logscale xy", "set xrange [\(horizontal.lowerBound):\(horizontal.upperBound)]",
      "set yrange [\(vertical.lowerBound):\(vertical.upperBound)]",
      "set xlabel 'FLOP per byte moved (D)'", "set ylabel 'GFLOP/s' offset 1.5", "set key right bottom",
    ]
    for place in LabelPlacement.place(points.map { ($0.label, pixel($0)) }, within: Self.size) {
      let centre = screen(place.centre)
      lines.append("set label \(PictureStyle.quoted(place.text)) at screen \(centre) center font ',11' front")
      if place.isFar {
        lines.append(
          "set arrow from screen \(screen(place.anchor)) to screen \(centre) nohead "
            + "lc rgb '\(PictureStyle.grid)' lw 0.6"
        )
      }
    }
    lines += PictureStyle.data("unfused", points.filter { !$0.isFused }.map { [$0.intensity, $0.gflops] })
    lines += PictureStyle.data("fused", points.filter(\.isFused).map { [$0.intensity, $0.gflops] })
    lines.append("peak = \(machine.peakGflops)")
    let roofs = BandwidthKind.allCases.enumerated().map { index, kind in
      let bandwidth = machine.peakBandwidth[kind]!
      let title = "\(kind.rawValue) \(Number.fixed(bandwidth, 1)) GB/s"
      return "(x * \(bandwidth) < peak ? x * \(bandwidth) : NaN) with lines lc rgb '\(PictureStyle.grid)' lw 1.2 "
        + "dt \(index + 1) title \(PictureStyle.quoted(title))"
    }
    let peak = "peak with lines lc rgb 'black' lw 1.2 title 'FMA peak \(Number.fixed(machine.peakGflops, 1)) GFLOP/s'"
    let series = [
      "$unfused with points pt 7 ps 0.7 lc rgb '\(PictureStyle.unfused)' title 'unfused: rows by number'",
      "$fused with points pt 13 ps 1.1 lc rgb '\(PictureStyle.fused)' title 'fused kernels'",
    ]
    return lines + ["set samples 400", "plot " + ([peak] + roofs + series).joined(separator: ", \\\n  ")]
  }

  /// Where a point lies, in pixels from the bottom left.
  private func pixel(_ point: RooflinePoint) -> SIMD2<Double> {
    func part(_ value: Double, _ range: ClosedRange<Double>) -> Double {
      log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
    }
    let frame = Self.frame
    let x = frame.left + (frame.right - frame.left) * part(point.intensity, horizontal)
    let y = frame.bottom + (frame.top - frame.bottom) * part(point.gflops, vertical)
    return SIMD2(x, y) * Self.size
  }

  private func screen(_ pixel: SIMD2<Double>) -> String {
    let part = pixel / Self.size
    return "\(Number.fixed(part.x, 4)),\(Number.fixed(part.y, 4))"
  }
}
