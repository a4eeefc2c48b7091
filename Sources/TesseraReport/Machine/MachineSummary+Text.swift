import Foundation
import Tessera

extension MachineSummary {
  /// The summary for people: a line a fact, then the bandwidths as a small table.
  public var text: String {
    func list(_ sets: [InstructionSet]) -> String { sets.map(\.rawValue).joined(separator: ", ") }
    let variants = kernelVariants.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.rawValue)" }
    let openBLAS = openblasCore.map { core in
      OpenBLASKernels(core: core, replacedCore: openblasReplacedCore).text + "; \(openblasConfiguration ?? "")"
    }
    let facts = [
      ("cpu", cpu),
      ("processors", "\(processors)\(processorQuota.map { ", a quota of \(Number.fixed($0, 2))" } ?? "")"),
      ("threads", "\(threads), \(reasonOfThreads)"),
      ("instruction sets", "\(list(instructionSets)); in use: \(isa.rawValue)"),
      ("kernel variants", variants.joined(separator: ", ")),
      (
        "caches",
        "L1 \(kibibytes(caches.level1)), L2 \(kibibytes(caches.level2)), L3 \(kibibytes(caches.level3))"
          + " shared by \(caches.level3Sharers)"
      ),
      ("fast memory", "\(kibibytes(fastMemoryBytes)) a core, \(reasonOfFastMemory)"),
      ("cold calls", "find that \(kibibytes(coldBytes)) have been touched since"),
      ("OpenBLAS", openBLAS ?? "none: \(openblasUnavailable ?? "")"),
      ("FMA peak, f32", Number.fixed(peakGflops.f32, 1) + " GFLOP/s"),
      ("dropout decisions", Number.fixed(dropoutDecisionsPerSecond / 1e9, 2) + " G/s"),
      ("counter update", Number.fixed(ledgerUpdateNanoseconds, 2) + " ns"),
      ("rounds", "\(rounds), medians"),
      ("steadiness", steadiness.text),
    ]
    let head = facts.map { pad($0.0, 20) + $0.1 }
    func figure(_ value: Double?) -> String { pad(value.map { Number.fixed($0, 1) } ?? "–", 14) }
    let rows = BandwidthKind.allCases.map { kind in
      pad(kind.rawValue, 20) + figure(plainBandwidthGBps[kind.rawValue])
        + figure(nonTemporalBandwidthGBps[kind.rawValue])
    }
    let table = [pad("bandwidth, GB/s", 20) + pad("plain", 14) + "non-temporal"] + rows
    let warning = openblasWarning.map { ["WARNING: \($0)", ""] } ?? []
    return (warning + head + [""] + table + workingSetLines).map { $0.trimmingCharacters(in: .whitespaces) }.joined(
      separator: "\n")
  }

  private var reasonOfThreads: String {
    if threads != ProcessorCount.usable { return "as asked for" }
    return threads < processors ? "as many as the quota allows" : "one a processor"
  }

  private var reasonOfFastMemory: String {
    switch fastMemoryOrigin {
    case .environment: "as \(FastMemory.variable) says"
    case .measurement: "as measured on this machine"
    case .cacheSizes: "as follows from the caches' sizes"
    }
  }

  private var workingSetLines: [String] {
    guard let workingSets else { return [] }
    return ["", pad("working set a core", 20) + "read by all, GB/s"]
      + workingSets.map { pad(kibibytes($0.bytesPerProcessor), 20) + Number.fixed($0.gigabytesPerSecond, 1) }
  }

  private func kibibytes(_ bytes: Int) -> String { bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB" }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
