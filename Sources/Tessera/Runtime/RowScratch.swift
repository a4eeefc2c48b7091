/// One row of working memory for each thread of a pool, rows apart so that threads share no cache line.
struct RowScratch {
  private let buffer: AlignedBuffer<Float>
  private let stride: Int

  /// `earlier`: one that is not needed any more, whose memory this one has where that suffices.
  init(columns: Int, threadCount: Int, reusing earlier: RowScratch? = nil) throws(TesseraError) {
    // 32 floats are two cache lines, which processors fetch in pairs.
    let (padded, overflow) = columns.addingReportingOverflow(31)
    guard columns >= 0, !overflow else {
      throw .invalidOperand(
        operation: "workspace", operand: "columns", expected: "0 or more that fit in memory", actual: "\(columns)")
    }
    stride = padded / 32 * 32
    let (count, tooLarge) = stride.multipliedReportingOverflow(by: threadCount)
    guard !tooLarge else { throw .outOfMemory(byteCount: .max) }
    buffer = try .uninitialized(count: count, reusing: earlier?.buffer)
  }

  var byteCount: Int { buffer.count * MemoryLayout<Float>.stride }

  func row(ofWorker index: Int) -> UnsafeMutablePointer<Float> { buffer.pointer + index * stride }
}
