import CTesseraKernels

/// A matrix product, planned: the one engine of linear maps.
///
/// Each element is one chain of fused multiply-adds over k in ascending order that begins with 0, or with what output
/// holds: the same bits for every way to cut the product, to pack its operands, for every number of threads, whatever
/// other rows the call has, on AVX2 and on AVX-512. Working memory is the workspace's: plans that share one run one
/// call at a time.
package struct GemmPlan {
  let problem: GemmProblem
  let kernels: ContractionKernels
  let blocking: GemmBlocking
  let items: GemmItems
  private let storedKernels: StoredKernels
  private let sizes: GemmMemory.Sizes
  private let workspace: GemmWorkspace
  private let usesNonTemporalStores: Bool
  private let context: ExecutionContext

  /// Operands of a call, from their first element on; nil where one has none.
  package struct Operands {
    var left: UnsafePointer<Float>?
    var right: UnsafeRawPointer?
    var output: UnsafeMutablePointer<Float>?

    package init(left: UnsafePointer<Float>?, right: UnsafeRawPointer?, output: UnsafeMutablePointer<Float>?) {
      (self.left, self.right, self.output) = (left, right, output)
    }
  }

  package init(_ problem: GemmProblem, workspace: GemmWorkspace, context: ExecutionContext) throws(TesseraError) {
    self.problem = problem
    self.workspace = workspace
    self.context = context
    kernels = ContractionKernels.variants.best(for: context.instructionSet)
    storedKernels = StoredKernels.variants.best(for: context.instructionSet)
    let caches = CacheSizes.current
    blocking = GemmBlocking(
      problem, panelColumns: kernels.panelColumns, level1: caches.level1,
      // Half of C, so that what streams past leaves the working memory where it is.
      level2: max(128 << 10, min(caches.level2, context.fastMemoryBytes / 2)))
    items = GemmItems(problem, blocking: blocking, capacity: context.fastMemoryBytes)
    sizes = GemmMemory.Sizes(problem, blocking)
    usesNonTemporalStores =
      !problem.accumulates && problem.rows * problem.columns * MemoryLayout<Float>.stride > context.fastMemoryBytes
    try workspace.reserve(sizes.total)
  }

  /// Runs the product and returns the bytes that it moved.
  package func run(_ operands: Operands) -> Traffic {
    context.pool.run(itemCount: problem.rows > 0 && problem.columns > 0 ? items.count : 0, order: .neighbouring) {
      index, worker in
      let item = items[index]
      GemmItemRun(self, operands, item.columns, GemmMemory(workspace.memory(ofWorker: worker.index), sizes))
        .run(item.rows)
      if usesNonTemporalStores { tsr_processor_stream_fence() }
      let moved = problem.traffic(
        rows: item.rows.count, columns: item.columns.count, blocking, capacity: context.fastMemoryBytes)
      worker.traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
    }
  }

  /// Whether sums go to the output at once: where one slice is the whole depth and the output is soon read again.
  var storesDirectly: Bool { problem.depth <= blocking.depthPerSlice && !usesNonTemporalStores }

  /// Whether finished sums go past the caches.
  var streams: Bool { usesNonTemporalStores }

  /// The floats of these stored elements.
  func dequantize(
    _ type: ElementType, _ count: Int, from stored: UnsafeRawPointer, to floats: UnsafeMutablePointer<Float>
  ) {
    var call = tsr_dequantize_f32()
    (call.type, call.count) = (type.kernelType, count)
    (call.stored, call.output) = (stored.assumingMemoryBound(to: UInt8.self), floats)
    storedKernels.dequantize(&call)
  }
}
