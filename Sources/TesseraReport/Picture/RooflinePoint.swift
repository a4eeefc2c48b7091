import Tessera

/// An operator in the roofline: FLOPs per byte that it moved, and the rate at which it computed.
struct RooflinePoint: Hashable {
  /// The row's number in the table, or a fused kernel's label.
  var label: String
  var isFused: Bool
  /// FLOPs over D.
  var intensity: Double
  var gflops: Double

  /// nil where nothing is computed as the paper counts, for which a logarithmic picture has no place.
  init?(_ label: String, isFused: Bool, _ figures: KernelFigures, peakGflops: Double) {
    gflops = figures.percentOfPeak / 100 * peakGflops
    // GFLOP/s · µs are thousands of FLOPs.
    intensity = gflops * figures.microseconds * 1e3 / Double(figures.bytes)
    guard gflops > 0, intensity > 0, intensity.isFinite else { return nil }
    self.label = label
    self.isFused = isFused
  }

  /// Every row on its own, then every fused kernel, then every one on a product.
  static func all(_ report: LayerReport) -> [RooflinePoint] {
    let peak = report.machine.peakGflops
    let unfused = report.rows.enumerated().compactMap { index, row in
      RooflinePoint("\(index + 1)", isFused: false, row.unfused, peakGflops: peak)
    }
    return unfused
      + report.rows.compactMap { row in
        row.fused.flatMap { RooflinePoint(row.fusedLabel ?? "", isFused: true, $0, peakGflops: peak) }
      }
      + report.rows.compactMap { row in
        // Attention's is there already where the paper's sequence has it.
        row.full == row.fused
          ? nil : row.full.flatMap { RooflinePoint(row.fullKernel ?? "", isFused: true, $0, peakGflops: peak) }
      }
  }
}

extension ReportRow {
  /// The kernel whose figures stand on this row: where two do its work, the one that ends here.
  var fusedLabel: String? { kernels.last }
}
