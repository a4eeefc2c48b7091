import Tessera

/// What stands around the tables: machine, problem, totals and what measuring cost.
enum ReportLines {
  static func machine(_ report: LayerReport) -> [String] {
    machine(report.machine) + (report.peer.map { peer($0.measurement) } ?? [])
  }

  static func machine(_ machine: MachineBlock) -> [String] {
    let bandwidth = BandwidthKind.allCases.map { kind in
      "\(kind.rawValue) \(Number.fixed(machine.peakBandwidth[kind]!, 1))"
    }.joined(separator: ", ")
    return [
      "machine: \(machine.processor), \(counted(machine.threads, "thread")), "
        + "kernels \(machine.instructionSet.rawValue)" + (machine.openBLAS.map { ", OpenBLAS's \($0.text)" } ?? ""),
      "peaks, measured in this run: \(Number.fixed(machine.peakGflops, 1)) GFLOP/s (f32); GB/s: \(bandwidth); "
        + "dropout \(Number.fixed(machine.dropoutDecisionsPerSecond / 1e9, 2)) G draws/s",
      "fast memory of the byte model: \(Number.fixed(Double(machine.fastMemoryBytes) / 1048576, 1)) MiB a thread",
      "steadiness of the cores: \(machine.steadiness.text)",
    ]
  }

  static func problem(_ report: LayerReport) -> [String] {
    let problem = report.problem
    let layer = report.encoderLayer.flatMap { _ in problem.encoderLayerOptions.text }
    return [
      "problem: batch \(problem.batch), length \(problem.length), hidden \(problem.hidden), heads \(problem.heads), "
        + "feed-forward \(problem.feedforward), dropout \(problem.dropout), f32, \(report.pass.text), "
        + "\(report.mode.rawValue)"
    ] + [layer].compactMap(\.self) + [
      "\(counted(report.runs, "run")) of each sequence, alternating; each figure is the median of "
        + "its own times"
    ]
  }

  /// Where the other library's figures come from.
  private static func peer(_ peer: PeerMeasurement) -> [String] {
    let versions = peer.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    let environment = peer.fastest.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let setting = ([peer.fastest.name] + environment).joined(separator: " ")
    return [
      "\(peer.name): \(versions); \(peer.processor), \(counted(peer.threads, "thread")), "
        + "\(counted(peer.runs, "run")); rows under the fastest of "
        + "\(counted(peer.settings.count, "allocator setting")): \(setting)"
    ]
  }

  private static func totals(_ peer: PeerFigures, _ report: LayerReport) -> [String] {
    let (microseconds, name) = (MicrosecondFormat(report), peer.measurement.name)
    let rows = "\(name), rows: \(microseconds(peer.rowsMicroseconds)) µs, not measured in turn with ours"
    return [rows]
      + PeerMeasurement.LayerMode.allCases.compactMap { mode in
        guard let whole = peer.layer.first(where: { $0.mode == mode }) else {
          return mode.isStep ? nil : "\(name), \(mode.name): –"
        }
        let ratio = whole.ratio.map {
          ", \(Number.fixed($0, 3)) times \(report.leading?.fusion.name ?? "") end to end"
        }
        return "\(name), \(mode.name): \(microseconds(whole.microseconds)) µs "
          + "(spread \(Number.fixed(whole.spread * 100, 1)) %, \(whole.setting))" + (ratio ?? "")
      }
  }

  static func totals(_ report: LayerReport) -> [String] {
    let ledger = report.ledger
    let peer = report.peer.map { totals($0, report) } ?? []
    let layer = report.encoderLayer.map { totals($0, report) } ?? []
    return report.sequences.flatMap { totals($0, MicrosecondFormat(report)) } + layer + peer + [
      "rows adds the rows' medians, of which the unfused ones pool what several sequences share; end to end is the "
        + "median of whole sequences",
      "counting bytes: \(counted(ledger.updates, "update")) of \(Number.fixed(ledger.nanosecondsPerUpdate, 1)) ns and "
        + "\(counted(ledger.records, "record")) of \(Number.fixed(ledger.nanosecondsPerRecord, 0)) ns a run, "
        + "\(Number.fixed(ledger.percentOfRunTime, 4)) % of its time",
    ]
  }

  private static func totals(_ layer: EncoderLayerFigures, _ report: LayerReport) -> [String] {
    let microseconds = MicrosecondFormat(report)
    func percent(_ value: Double) -> String { Number.fixed(value * 100, 1) + " %" }
    let ratio = "\(Number.fixed(layer.fusedRatio, 3)) times \(report.leading?.fusion.name ?? "unfused") end to end"
    return [
      "EncoderLayer: training \(microseconds(layer.trainingMicroseconds)) µs "
        + "(spread \(percent(layer.trainingSpread))), "
        + (layer.step == nil ? ratio + "; " : "")
        + "inference \(microseconds(layer.inferenceMicroseconds)) µs (spread \(percent(layer.inferenceSpread)))"
    ] + (layer.step.map { totals($0, microseconds, "\(report.pass.text) " + ratio) } ?? [])
  }

  private static func totals(_ step: TrainingStepFigures, _ microseconds: MicrosecondFormat, _ ratio: String)
    -> [String]
  {
    func percent(_ value: Double) -> String { Number.fixed(value * 100, 1) + " %" }
    return [
      "EncoderLayer, training step: \(microseconds(step.microseconds)) µs (spread \(percent(step.spread))), of it "
        + "backward \(microseconds(step.backwardMicroseconds)) µs (spread \(percent(step.backwardSpread))); "
        + ratio,
      "            bytes (D) \(Number.megabytes(step.bytes)) MB, of them backward "
        + "\(Number.megabytes(step.backwardBytes)) MB; least (Q) \(Number.megabytes(step.leastBytes)) MB, of them "
        + "backward \(Number.megabytes(step.backwardLeastBytes)) MB; kept between the passes "
        + "\(Number.megabytes(step.keptBytes)) MB",
    ]
  }

  private static func totals(_ fused: FusedFigures, _ microseconds: MicrosecondFormat) -> [String] {
    let (totals, whole, name) = (fused.totals, fused.endToEnd, fused.fusion.name)
    func bytes(_ sum: Int, modelled: Int) -> String {
      Number.megabytes(sum) + " MB (" + (modelled == 0 ? "counted" : "~\(Number.megabytes(modelled)) of it modelled")
        + ")"
    }
    func percent(_ value: Double) -> String { Number.fixed(value * 100, 1) + " %" }
    return [
      "rows:       unfused \(microseconds(totals.unfusedMicroseconds)) µs, \(name) "
        + "\(microseconds(totals.fusedMicroseconds)) µs, speed-up \(Number.fixed(totals.speedup, 3))",
      "end to end: unfused \(microseconds(whole.unfusedMicroseconds)) µs (spread \(percent(whole.unfusedSpread))), "
        + "\(name) \(microseconds(whole.fusedMicroseconds)) µs (spread \(percent(whole.fusedSpread))), "
        + "speed-up \(Number.fixed(whole.speedup, 3))"
        + (whole.paperRatio.map { ", \(Number.fixed($0, 3)) times the paper's kernels in the same rounds" } ?? ""),
      "bytes (D):  unfused \(bytes(totals.unfusedBytes, modelled: totals.unfusedModelledBytes)), "
        + "\(name) \(bytes(totals.fusedBytes, modelled: totals.fusedModelledBytes)), "
        + byteDifference(totals.fusedBytes, from: totals.unfusedBytes),
      "            with linear maps at Q in both: \(name) \(Number.megabytes(totals.fusedBytesLinearAsLeast)) MB, "
        + byteDifference(totals.fusedBytesLinearAsLeast, from: totals.unfusedBytes),
      "            least (Q): unfused \(Number.megabytes(totals.unfusedLeastBytes)) MB, "
        + "\(name) \(Number.megabytes(totals.fusedLeastBytes)) MB, "
        + byteDifference(totals.fusedLeastBytes, from: totals.unfusedLeastBytes),
    ]
  }
}

/// How many more or fewer bytes these are, in per cent of the others.
package func byteDifference(_ bytes: Int, from others: Int) -> String {
  let percent = 100 * (Double(bytes) / Double(others) - 1)
  return Number.fixed(abs(percent), 2) + (percent > 0 ? " % more bytes" : " % fewer bytes")
}
