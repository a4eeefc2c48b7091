import Tessera

/// The key `machine` of the JSON.
struct MachineDocument: Encodable {
  var cpu: String
  var threads: Int
  var isa: InstructionSet
  /// Absent where nothing was measured against OpenBLAS; the second where it took that core by itself, the third where
  /// there is nothing to warn of.
  var openblasCore, openblasReplacedCore, openblasWarning: String?
  var peakGflops: [String: Double]
  var peakBandwidthGBps: [String: Double]
  var generatorDecisionsPerSecond: Double
  var fastMemoryBytes: Int
  var steadiness: MachineSteadiness

  init(_ block: MachineBlock) {
    cpu = block.processor
    threads = block.threads
    isa = block.instructionSet
    openblasCore = block.openBLAS?.core
    openblasReplacedCore = block.openBLAS?.replacedCore
    openblasWarning = block.openBLAS?.warning
    peakGflops = ["f32": block.peakGflops]
    peakBandwidthGBps = Dictionary(uniqueKeysWithValues: block.peakBandwidth.map { ($0.key.rawValue, $0.value) })
    generatorDecisionsPerSecond = block.dropoutDecisionsPerSecond
    fastMemoryBytes = block.fastMemoryBytes
    steadiness = block.steadiness
  }
}
