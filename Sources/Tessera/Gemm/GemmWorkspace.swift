/// Working memory of matrix products, for each thread of a pool: plans that do not run at the same time may share one.
public final class GemmWorkspace {
  private var scratch: RowScratch?
  private var floats = 0
  private let threadCount: Int

  /// Of a pool with so many threads; takes memory when plans are made with it.
  public init(threadCount: Int) { self.threadCount = threadCount }

  /// Memory that it has taken.
  public var byteCount: Int { scratch?.byteCount ?? 0 }

  /// Makes room for a plan that needs so many floats a thread. Before the plan's first run, not during one.
  func reserve(_ floats: Int) throws(TesseraError) {
    guard floats > self.floats else { return }
    // Let go first, so that the two are not held at once.
    scratch = nil
    scratch = try RowScratch(columns: floats, threadCount: threadCount)
    self.floats = floats
  }

  func memory(ofWorker index: Int) -> UnsafeMutablePointer<Float> { scratch!.row(ofWorker: index) }
}

/// Where a thread's parts of the working memory begin, each aligned to a cache line.
struct GemmMemory {
  /// A block of left rows, slice by slice: each rows × `GemmBlocking.depthPerSlice`.
  let left: UnsafeMutablePointer<Float>
  /// One panel of the right operand.
  let panel: UnsafeMutablePointer<Float>
  /// Stored weights of one panel's columns as floats, a row for each column.
  let dequantized: UnsafeMutablePointer<Float>
  /// Panels of sums of a group of columns, each rows × the panel's width.
  let sums: UnsafeMutablePointer<Float>

  /// Floats of each part, for a problem.
  struct Sizes: Hashable {
    let left, panel, dequantized, sums: Int
    var total: Int { left + panel + dequantized + sums }

    init(_ problem: GemmProblem, _ blocking: GemmBlocking) {
      let deep = (min(problem.depth, blocking.depthPerBlock) + 15) / 16 * 16
      let columns =
        (problem.columns + GemmBlocking.columnGranule - 1) / GemmBlocking.columnGranule
        * GemmBlocking.columnGranule
      left = blocking.rowsPerBlock * (deep + blocking.depthPerSlice)
      panel = problem.right == .packed ? 0 : GemmBlocking.columnGranule * deep
      if case .stored = problem.right { dequantized = panel } else { dequantized = 0 }
      sums = blocking.rowsPerBlock * min(columns, blocking.columnsPerGroup)
    }
  }

  init(_ start: UnsafeMutablePointer<Float>, _ sizes: Sizes) {
    left = start
    panel = left + sizes.left
    dequantized = panel + sizes.panel
    sums = dequantized + sizes.dequantized
  }
}
