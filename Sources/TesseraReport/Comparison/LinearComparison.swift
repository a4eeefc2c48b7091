import Tessera

/// The library's linear map against the baseline's, OpenBLAS, on the same input and weights.
public final class LinearComparison {
  private let problem: BenchProblem
  private let context: ExecutionContext
  private let library: OpenBLASLibrary
  private let linear: PreparedOperator
  private let baseline: BaselineLinear
  private let operands: OperandStorage
  private let baselineOutput: AlignedBuffer<Float>

  /// Both are planned here and their memory touched; warm, as memory that is reused is. Where the problem packs
  /// weights, ours are packed here, once; OpenBLAS has no such thing in its interface. Throws where the problem is no
  /// linear map, where OpenBLAS cannot be used, and where memory is short.
  public init(_ problem: BenchProblem, context: ExecutionContext) throws(TesseraError) {
    let (descriptor, request) = (problem.descriptor, problem.request)
    guard descriptor.name == OperatorDescriptor.linear.name else {
      throw .invalidOperand(
        operation: "comparison", operand: "operator", expected: OperatorDescriptor.linear.name, actual: descriptor.name)
    }
    (self.problem, self.context) = (problem, context)
    library = try OpenBLASLibrary.shared()
    linear = try problem.entry.prepare(request, context: context)
    let (rows, columns, depth) = (request.extents[.rows], request.extents[.columns], request.extents[.depth])
    let storage = OperandStorage.byteCount(descriptor, extents: request.extents, mode: request.mode)
    let (needed, overflow) = storage.addingReportingOverflow(MemoryLayout<Float>.stride * rows * columns)
    guard !overflow, needed <= physicalMemoryBytes() / 4 * 3 else {
      throw .outOfMemory(byteCount: overflow ? .max : needed)
    }
    operands = try OperandStorage(descriptor, extents: request.extents, mode: request.mode)
    baselineOutput = try AlignedBuffer(repeating: 0, count: rows * columns)
    try linear.packWeights(operands.buffers)
    baseline = try BaselineLinear(rows: rows, columns: columns, depth: depth, context: context, library: library)
  }

  /// Runs both in turn, each first in every other pair, after two untimed pairs. The FMA peak is measured before them,
  /// half way and after.
  public func run(pairs: Int) throws(TesseraError) -> LinearComparisonResult {
    // Only the peak of arithmetic is asked for, which needs no memory.
    let machine = try MachineMeasurement(pool: context.pool, arrayByteCount: Self.arrayByteCount)
    let times = try AlternatedTimes(
      pairs: pairs, first: { () throws(TesseraError) in try linear.runPacked(operands.buffers) },
      second: { runBaseline() }, prepare: { pair in if pair == pairs / 2 { machine.sample() } })
    machine.sample()
    return LinearComparisonResult(
      problem, times, kernels: library.kernels, peakGflops: machine.peaks.floatGflops, context: context)
  }

  /// The largest difference between the two outputs, after both have run.
  package var largestDifference: Float {
    let linear = operands.buffers["output"]!.bindMemory(to: Float.self)
    return zip(linear, baselineOutput.elements).reduce(0) { largest, pair in
      let difference = abs(pair.0 - pair.1)
      return difference <= largest ? largest : difference
    }
  }

  private static let arrayByteCount = 1 << 20

  private func runBaseline() {
    func floats(_ name: String) -> UnsafeBufferPointer<Float> {
      UnsafeBufferPointer(operands.buffers[name]!.bindMemory(to: Float.self))
    }
    baseline.run(input: floats("input"), weight: floats("weight"), output: baselineOutput.elements)
  }
}
