import Foundation
import Tessera

/// The machine as `tessera machine` prints it; its coding keys are the keys of the JSON.
public struct MachineSummary: Codable, Sendable {
  public struct PeakGflops: Codable, Sendable {
    /// Fused multiply-adds of Float32, 2 operations each.
    public var f32: Double
  }

  public var cpu: String
  /// Processors that the process may use.
  public var processors: Int
  /// How many processors' time the process's control groups allow it; absent where they set no quota.
  public var processorQuota: Double?
  /// Threads that the peaks were measured with.
  public var threads: Int
  /// What kernels run with, as flags or environment ask for it.
  public var isa: InstructionSet
  public var instructionSets: [InstructionSet]
  /// Chosen variant by kernel family.
  public var kernelVariants: [String: InstructionSet]
  /// In bytes.
  public var caches: CacheSizes
  /// C: the byte model's fast memory.
  public var fastMemoryBytes: Int
  public var fastMemoryOrigin: FastMemory.Origin
  /// What cold calls rotate over.
  public var coldBytes: Int
  /// Read rates of growing working sets, the last of them memory's; absent where they were not measured now.
  public var workingSets: [FastMemoryMeasurement.Point]?
  /// Of the baseline, which is loaded to be asked; these are absent, and the reason is there, where it cannot be used.
  public var openblasCore: String?
  /// The core that OpenBLAS took by itself, where it was made to choose again.
  public var openblasReplacedCore: String?
  public var openblasWarning: String?
  public var openblasConfiguration: String?
  public var openblasUnavailable: String?
  public var peakGflops: PeakGflops
  /// B̂ by kind, the faster of plain and non-temporal.
  public var peakBandwidthGBps: [String: Double]
  public var plainBandwidthGBps: [String: Double]
  /// Without the kinds that store nothing.
  public var nonTemporalBandwidthGBps: [String: Double]
  public var dropoutDecisionsPerSecond: Double
  /// An upper bound of what counting one tile costs.
  public var ledgerUpdateNanoseconds: Double
  /// Rounds that the peaks are medians over.
  public var rounds: Int
  /// How steady the cores were meanwhile.
  public var steadiness: MachineSteadiness

  /// `fastMemory` says where the context's capacity is from; `workingSets` is what it was found by, where that was now.
  public init(
    context: ExecutionContext, peaks: MachinePeaks, fastMemory: FastMemory = .stored,
    workingSets: FastMemoryMeasurement? = nil
  ) {
    cpu = processorName()
    processors = ProcessorCount.available
    processorQuota = ProcessorCount.quota
    threads = context.pool.threadCount
    isa = context.instructionSet
    instructionSets = InstructionSet.available
    kernelVariants = Dictionary(
      uniqueKeysWithValues: KernelFamily.all.map { ($0.name, $0.chosen(for: context.instructionSet)) })
    caches = .current
    fastMemoryBytes = context.fastMemoryBytes
    fastMemoryOrigin = fastMemory.origin
    coldBytes = CacheSizes.currentColdByteCount
    self.workingSets = workingSets.map { $0.points + [$0.memory] }
    do throws(TesseraError) {
      let openBLAS = try OpenBLASLibrary.shared()
      openblasCore = openBLAS.kernels.core
      openblasReplacedCore = openBLAS.kernels.replacedCore
      openblasWarning = openBLAS.kernels.warning
      openblasConfiguration = openBLAS.configuration.trimmingCharacters(in: .whitespaces)
    } catch { openblasUnavailable = error.description }
    peakGflops = PeakGflops(f32: peaks.floatGflops)
    func byKind(_ figure: (BandwidthKind) -> Double?) -> [String: Double] {
      Dictionary(
        uniqueKeysWithValues: BandwidthKind.allCases.compactMap { kind in figure(kind).map { (kind.rawValue, $0) } })
    }
    peakBandwidthGBps = byKind(peaks.gigabytesPerSecond)
    plainBandwidthGBps = byKind(peaks.plain)
    nonTemporalBandwidthGBps = byKind(peaks.nonTemporal)
    dropoutDecisionsPerSecond = peaks.dropoutDecisionsPerSecond
    ledgerUpdateNanoseconds = TesseraCore.ledgerUpdateNanoseconds()
    rounds = peaks.rounds
    steadiness = peaks.steadiness
  }
}
