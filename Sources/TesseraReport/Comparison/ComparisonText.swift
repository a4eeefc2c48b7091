import Foundation
import Tessera

extension PairedTimes {
  /// The result for people, one line.
  public var text: String {
    "tiled \(Number.fixed(tiledMicroseconds, 1)) µs, materialised \(Number.fixed(materialisedMicroseconds, 1)) µs, "
      + "median ratio \(Number.fixed(medianRatio, 3)) of \(counted(pairs, "pair"))" + (isSlower ? ", slower" : "")
  }
}

extension ComparisonRun {
  /// The results for people: a line for each shape, then what came of it.
  public var text: String {
    let measured = lines.compactMap(\.times)
    let slowest = lines.filter { $0.times != nil }.max { $0.times!.medianRatio < $1.times!.medianRatio }
    var summary = [
      "",
      "\(counted(threads, "thread")), \(isa.rawValue): \(counted(lines.count, "shape")), \(measured.count) compared",
    ]
    if !measured.isEmpty {
      // Ratios multiply, so their mean is the geometric one.
      let mean = exp(measured.reduce(0) { $0 + log($1.medianRatio) } / Double(measured.count))
      summary.append("tiled / materialised: mean \(Number.fixed(mean, 3)), largest \(slowest!.text)")
    }
    summary += skipped.map { "skipped, does not fit in memory: \($0.shape)" }
    summary.append(
      offenders.isEmpty
        ? "tiled is nowhere slower by more than 5 % and 2 µs"
        : "slower by more than 5 % and 2 µs: \(offenders.count)")
    summary += offenders.map { "  " + $0.text }
    return (lines.map(\.text) + summary).joined(separator: "\n")
  }
}

extension ComparisonRun.Line {
  var text: String { "\(shape): \(times?.text ?? "does not fit in memory")" }
}
