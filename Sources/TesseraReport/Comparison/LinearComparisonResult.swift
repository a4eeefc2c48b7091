import Tessera

/// What `tessera bench linear --against openblas` found; its coding keys are the keys of the JSON.
public struct LinearComparisonResult: Codable, Sendable {
  public var rows, columns, depth: Int
  /// Whether our weights were packed before the calls.
  public var isPacked: Bool
  public var threads: Int
  /// What the library's kernels run with.
  public var isa: InstructionSet
  public var openblasCore: String
  /// The same as in the report's machine block.
  public var openblasReplacedCore: String?
  public var openblasWarning: String?
  /// Medians.
  public var linearMicroseconds: Double
  public var openblasMicroseconds: Double
  /// Median over the pairs of ours / OpenBLAS's.
  public var medianRatio: Double
  public var pairs: Int
  /// FMA peak of the same run.
  public var peakGflops: Double
  /// The medians' FLOP/s of it.
  public var linearPercentOfPeak: Double
  public var openblasPercentOfPeak: Double

  init(
    _ problem: BenchProblem, _ times: AlternatedTimes, kernels: OpenBLASKernels, peakGflops: Double,
    context: ExecutionContext
  ) {
    let extents = problem.request.extents
    (rows, columns, depth) = (extents[.rows], extents[.columns], extents[.depth])
    isPacked = problem.request.packsWeights
    (threads, isa) = (context.pool.threadCount, context.instructionSet)
    (openblasCore, openblasReplacedCore) = (kernels.core, kernels.replacedCore)
    openblasWarning = kernels.warning
    linearMicroseconds = RunStatistics(times.first).median
    openblasMicroseconds = RunStatistics(times.second).median
    medianRatio = times.medianRatio
    pairs = times.first.count
    self.peakGflops = peakGflops
    let operations = Double(problem.descriptor.floatingPointOperations(extents))
    // FLOPs a microsecond are thousandths of GFLOP/s.
    func percentOfPeak(_ microseconds: Double) -> Double {
      operations / max(1e-3, microseconds) / 1e3 / peakGflops * 100
    }
    linearPercentOfPeak = percentOfPeak(linearMicroseconds)
    openblasPercentOfPeak = percentOfPeak(openblasMicroseconds)
  }

  /// The result for people.
  public var text: String {
    func way(_ name: String, _ microseconds: Double, _ percent: Double) -> String {
      "\(name) \(Number.fixed(microseconds, 1)) µs, \(Number.fixed(percent, 1)) % of the FMA peak"
    }
    let kernels = OpenBLASKernels(core: openblasCore, replacedCore: openblasReplacedCore).text
    return
      ((openblasWarning.map { ["WARNING: \($0)"] } ?? []) + [
        "linear: \(counted(rows, "row")), \(counted(columns, "column")), depth \(depth); "
          + "\(counted(threads, "thread")), warm",
        way("ours (\(isa.rawValue)\(isPacked ? ", packed weights" : "")):", linearMicroseconds, linearPercentOfPeak),
        way("OpenBLAS (\(kernels)):", openblasMicroseconds, openblasPercentOfPeak),
        "ours / OpenBLAS, median of \(counted(pairs, "pair")): \(Number.fixed(medianRatio, 3)); "
          + "FMA peak \(Number.fixed(peakGflops, 1)) GFLOP/s",
      ]).joined(separator: "\n")
  }
}
