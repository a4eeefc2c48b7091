/// Working memory of matrix products, for each thread of a pool: plans that do not run at the same time may share one.
public final class GemmWorkspace {
  private var scratch: RowScratch?
  private var floats = 0
  /// What all threads share: right operands that are packed whole, or left rows that are gathered before.
  private var ofAll: AlignedBuffer<Float>?
  /// What each thread's left rows are, and of which call.
  private let gathered: UnsafeMutablePointer<GemmMemory.Gathered>
  private var call = 0
  let threadCount: Int

  /// For a pool with at most so many threads, 1 or more; takes memory when plans are made with it.
  public init(threadCount: Int) {
    precondition(threadCount >= 1, "a workspace is for one thread or more")
    self.threadCount = threadCount
    gathered = .allocate(capacity: threadCount)
    gathered.initialize(repeating: GemmMemory.Gathered(), count: threadCount)
  }

  deinit { gathered.deallocate() }

  /// Memory that it has taken.
  public var byteCount: Int { (scratch?.byteCount ?? 0) + (ofAll?.count ?? 0) * MemoryLayout<Float>.stride }

  /// Makes room for a plan that needs so many floats a thread, and so many for all. Before the plan's first run, not
  /// during one.
  func reserve(ofWorker floats: Int, shared: Int) throws(TesseraError) {
    // Where there is no room for more, plans that were made before keep what they have.
    if floats > self.floats {
      scratch = try RowScratch(columns: floats, threadCount: threadCount)
      self.floats = floats
    }
    if shared > (ofAll?.count ?? 0) {
      ofAll = try AlignedBuffer(uninitializedCount: shared)
    }
  }

  /// Says that what was gathered before is out of date.
  func beginCall() { call += 1 }

  func memory(ofWorker index: Int) -> UnsafeMutablePointer<Float> { scratch!.row(ofWorker: index) }

  var shared: UnsafeMutablePointer<Float> { ofAll!.pointer }

  func gathered(ofWorker index: Int) -> (UnsafeMutablePointer<GemmMemory.Gathered>, call: Int) {
    (gathered + index, call)
  }
}

/// A thread's part of the working memory, each piece aligned to a cache line.
struct GemmMemory {
  /// A block of left rows as `GemmPlan.gather` makes it; nothing where all are gathered before.
  let left: UnsafeMutablePointer<Float>
  /// What is packed of the right operand at a time.
  let panel: UnsafeMutablePointer<Float>
  /// Stored weights of those columns as floats, a row for each column.
  let dequantized: UnsafeMutablePointer<Float>
  /// Panels of sums of a group of columns, each rows × the panel's width; where one slice is all of the depth, rows.
  /// Of two products the second's lie behind the first's, where a whole group would end.
  let sums: UnsafeMutablePointer<Float>
  /// Some rows of those, on their way to an epilogue.
  let finished: UnsafeMutablePointer<Float>
  private let gathered: UnsafeMutablePointer<Gathered>
  private let call: Int

  /// A block of left rows: where it begins in the operand, and its size.
  struct GatheredLeft: Equatable {
    var start: UnsafePointer<Float>
    var rows, depth: Int
  }

  /// What `left` holds.
  struct Gathered {
    var call = 0
    var left: GatheredLeft?
  }

  /// Floats of each part, for a problem.
  struct Sizes: Hashable {
    let left, panel, dequantized, sums, finished: Int
    /// What all threads share: panels of the whole right operands, or all left rows where they are gathered before.
    let shared: Int
    /// At least a line, so that there is somewhere to point to.
    var total: Int { max(16, left + panel + dequantized + sums + finished) }

    init(_ problem: GemmProblem, _ blocking: GemmBlocking, gathersLeft: Bool) {
      let granule = GemmBlocking.columnGranule
      let deep = (min(problem.depth, blocking.depthPerBlock) + 15) / 16 * 16
      let columns = (problem.columns + granule - 1) / granule * granule
      let packed = min(columns, max(blocking.columnsPerPacking, granule)) * deep
      let panels = blocking.packsWhole ? max(1, problem.rights * problem.packedCount) : 0
      shared = gathersLeft ? problem.rows * blocking.gatheredDepth(of: problem.depth) : panels
      left = blocking.leavesLeft || gathersLeft ? 0 : blocking.rowsPerBlock * (deep + blocking.depthPerSlice)
      panel = blocking.packsWhole || problem.right == .packed ? 0 : packed
      if case .stored = problem.right { dequantized = packed } else { dequantized = 0 }
      let group = problem.rights * min(columns, blocking.columnsPerGroup)
      sums = blocking.storesDirectly && problem.finish == .output ? 0 : blocking.rowsPerBlock * group
      finished = problem.finish == .output || blocking.storesDirectly ? 0 : blocking.rowsPerFinish * group
    }
  }

  init(_ workspace: GemmWorkspace, ofWorker index: Int, _ sizes: Sizes) {
    left = workspace.memory(ofWorker: index)
    panel = left + sizes.left
    dequantized = panel + sizes.panel
    sums = dequantized + sizes.dequantized
    finished = sums + sizes.sums
    (gathered, call) = workspace.gathered(ofWorker: index)
  }

  /// Whether `left` does not hold this block yet; after the call it is taken to.
  func gathers(_ block: GatheredLeft) -> Bool {
    if gathered.pointee.call == call, gathered.pointee.left == block { return false }
    gathered.pointee = Gathered(call: call, left: block)
    return true
  }
}
