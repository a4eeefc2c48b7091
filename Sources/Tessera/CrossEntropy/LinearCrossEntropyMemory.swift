import CTesseraKernels

/// What a chunk of rows works in: its logits, its inputs without those of rows that do not count, and what the kernel
/// leaves of each row.
struct LinearCrossEntropyMemory {
  let rowsPerChunk: Int
  let logitsStride: Int
  let inputStride: Int
  let logits: AlignedBuffer<Float>
  let inputs: AlignedBuffer<Float>
  let results: AlignedBuffer<tsr_cross_entropy_row>

  /// Logits that are held unless the caller says otherwise: so many that the weights, which come round for each chunk,
  /// are a few per cent of the time, and few beside the weights and their gradients.
  private static let bytesOfLogits = 64 << 20
  /// Fewer rows would leave the products waiting for weights.
  private static let leastRows = 64

  /// Chunks are even: a function of the problem, never of the thread count.
  init(rows: Int, columns: Int, depth: Int, rowsPerChunk: Int?) throws(TesseraError) {
    // Whole cache lines.
    (logitsStride, inputStride) = ((columns + 15) / 16 * 16, (depth + 15) / 16 * 16)
    let fitting = max(Self.leastRows, Self.bytesOfLogits / (max(1, logitsStride) * MemoryLayout<Float>.stride))
    let most = min(max(1, rows), rowsPerChunk ?? fitting)
    let chunks = max(1, (rows + most - 1) / most)
    self.rowsPerChunk = (rows + chunks - 1) / chunks
    guard areWithinSizeLimit(self.rowsPerChunk, logitsStride), areWithinSizeLimit(self.rowsPerChunk, inputStride) else {
      throw .outOfMemory(byteCount: .max)
    }
    logits = try AlignedBuffer(uninitializedCount: self.rowsPerChunk * logitsStride)
    inputs = try AlignedBuffer(uninitializedCount: self.rowsPerChunk * inputStride)
    results = try AlignedBuffer(uninitializedCount: self.rowsPerChunk)
  }

  var byteCount: Int {
    (logits.count + inputs.count) * MemoryLayout<Float>.stride
      + results.count * MemoryLayout<tsr_cross_entropy_row>.stride
  }
}
