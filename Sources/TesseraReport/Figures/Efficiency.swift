import Tessera

/// What a time is of the machine's best: the formulas of docs/measuring.md, in one place.
///
/// MUE = (Q/D) · (B/B̂) · 100 = Q / (t · B̂) · 100; above 100 the data stayed in a cache.
struct Efficiency {
  let gflops: Double
  /// Share of the FMA peak.
  let percentOfPeak: Double
  /// B = D / t.
  let gigabytesPerSecond: Double
  let bandwidthKind: BandwidthKind
  /// B̂ of that kind, in GB/s.
  let bestBandwidth: Double
  /// Q / D.
  let dataRatio: Double
  /// B / B̂.
  let bandwidthRatio: Double
  let mue: Double
  /// Q / B̂.
  let bandwidthBoundMicroseconds: Double
  /// Draws / the generator's rate; nil where nothing is drawn.
  let generatorBoundMicroseconds: Double?

  /// `least` is Q in its two parts, `movedBytes` D.
  init(
    nanoseconds: Double, floatingPointOperations: Int, least: Traffic, movedBytes: Int, dropoutDecisions: Int,
    inPlace: Bool = false, peaks: MachinePeaks
  ) {
    // A clock that did not move between two readings would make figures infinite.
    let nanoseconds = max(1, nanoseconds)
    // FLOPs a nanosecond are GFLOP/s, bytes a nanosecond GB/s.
    gflops = Double(floatingPointOperations) / nanoseconds
    percentOfPeak = gflops / peaks.floatGflops * 100
    gigabytesPerSecond = Double(movedBytes) / nanoseconds
    bandwidthKind = BandwidthKind(readBytes: least.readBytes, writtenBytes: least.writtenBytes, inPlace: inPlace)
    bestBandwidth = peaks.gigabytesPerSecond(bandwidthKind)
    dataRatio = Double(least.byteCount) / Double(max(1, movedBytes))
    bandwidthRatio = gigabytesPerSecond / bestBandwidth
    mue = Double(least.byteCount) / nanoseconds / bestBandwidth * 100
    bandwidthBoundMicroseconds = Double(least.byteCount) / bestBandwidth / 1e3
    generatorBoundMicroseconds =
      dropoutDecisions == 0 ? nil : Double(dropoutDecisions) / peaks.dropoutDecisionsPerSecond * 1e6
  }

  /// The larger of the two bounds.
  var boundMicroseconds: Double { max(bandwidthBoundMicroseconds, generatorBoundMicroseconds ?? 0) }
}
