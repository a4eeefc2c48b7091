/// Sums over the rows of a call, for one or more rows of results: the kernel's sums of a few rows in single precision,
/// those of an item in double, and at the end the items' in the order of their rows. So the bits are the same for every
/// number of threads, and errors do not grow with the number of rows.
///
/// Partial sums are at most 64 for each column and presumed to stay in fast memory.
struct ColumnSums: Sendable {
  let partition: ColumnSumPartition
  /// Rows of results.
  let count: Int
  private let scratch: RowScratch
  private let scratchStride: Int
  /// For each row of results, each block of rows: columns sums.
  private let partials: AlignedBuffer<Double>

  init(_ partition: ColumnSumPartition, count: Int, threadCount: Int) throws(TesseraError) {
    self.partition = partition
    self.count = count
    // Whole cache lines, as kernels want their sums.
    scratchStride = (partition.columnsPerItem + 15) / 16 * 16
    scratch = try RowScratch(columns: count * scratchStride, threadCount: threadCount)
    let (elements, overflow) = (count * partition.rowBlocks).multipliedReportingOverflow(by: partition.columns)
    guard !overflow else { throw .outOfMemory(byteCount: .max) }
    partials = try AlignedBuffer(uninitializedCount: elements)
  }

  /// Scratch of all threads, and partial sums.
  var byteCount: Int { scratch.byteCount + partials.count * MemoryLayout<Double>.stride }

  /// Where a kernel leaves its sums of a few rows; 64-byte aligned.
  func sums(_ index: Int, ofWorker worker: Int) -> UnsafeMutablePointer<Float> {
    scratch.row(ofWorker: worker) + index * scratchStride
  }

  /// Runs an item: `body` for a few rows at a time, of one plane, leaves their sums in the worker's scratch.
  func run(
    item: Int, worker: Int, rowsPerPlane: Int = .max, _ body: (_ rows: Range<Int>, _ columns: Range<Int>) -> Void
  ) {
    let (rows, columns) = (partition.rows(ofItem: item), partition.columns(ofItem: item))
    let block = item / partition.columnBlocks
    var start = rows.lowerBound
    while start < rows.upperBound {
      let end = min(
        rows.upperBound, start + min(ColumnSumPartition.rowsPerCall, rowsPerPlane - start % rowsPerPlane))
      body(start..<end, columns)
      for index in 0..<count {
        let sums = sums(index, ofWorker: worker)
        let partial = partial(index, block: block) + columns.lowerBound
        if start == rows.lowerBound {
          for column in 0..<columns.count { partial[column] = Double(sums[column]) }
        } else {
          for column in 0..<columns.count { partial[column] += Double(sums[column]) }
        }
      }
      start = end
    }
  }

  /// Adds the items' sums up, in the order of their rows; the output has room for the columns. Once, after all items.
  func finish(_ index: Int, into output: UnsafeMutablePointer<Float>) {
    guard partition.rowBlocks > 0 else { return output.update(repeating: 0, count: partition.columns) }
    let total = partial(index, block: 0)
    for block in 1..<max(1, partition.rowBlocks) {
      let partial = partial(index, block: block)
      for column in 0..<partition.columns { total[column] += partial[column] }
    }
    for column in 0..<partition.columns { output[column] = Float(total[column]) }
  }

  private func partial(_ index: Int, block: Int) -> UnsafeMutablePointer<Double> {
    partials.pointer + (index * partition.rowBlocks + block) * partition.columns
  }
}
