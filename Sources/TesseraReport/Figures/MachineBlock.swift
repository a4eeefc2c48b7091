import Tessera

/// The machine as the report's figures are divided by it.
public struct MachineBlock: Sendable {
  public let processor: String
  public let threads: Int
  public let instructionSet: InstructionSet
  /// nil where nothing was measured against it.
  public package(set) var openBLAS: OpenBLASKernels?
  /// Fp32, all threads.
  public let peakGflops: Double
  /// In GB/s, all threads, plain or non-temporal stores, whichever was faster.
  public let peakBandwidth: [BandwidthKind: Double]
  public let dropoutDecisionsPerSecond: Double
  /// How steady the cores were while the peaks were sampled.
  public let steadiness: MachineSteadiness
  /// C, from which residency is decided.
  public let fastMemoryBytes: Int

  init(
    threads: Int, instructionSet: InstructionSet, fastMemoryBytes: Int, openBLAS: OpenBLASKernels? = nil,
    peaks: MachinePeaks
  ) {
    processor = processorName()
    self.threads = threads
    self.instructionSet = instructionSet
    self.fastMemoryBytes = fastMemoryBytes
    self.openBLAS = openBLAS
    peakGflops = peaks.floatGflops
    peakBandwidth = Dictionary(
      uniqueKeysWithValues: BandwidthKind.allCases.map { ($0, peaks.gigabytesPerSecond($0)) })
    steadiness = peaks.steadiness
    dropoutDecisionsPerSecond = peaks.dropoutDecisionsPerSecond
  }
}
