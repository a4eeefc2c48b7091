import CTesseraKernels

/// What the draw of a row works in, one for each thread of a pool.
struct SamplingWorkspace {
  /// One thread's.
  struct Row {
    /// The row with NaN replaced and the penalty taken.
    let logits: UnsafeMutablePointer<Float>
    let weights: UnsafeMutablePointer<Float>
    /// The greatest logit of each block of columns.
    let blockMaxima: UnsafeMutablePointer<Float>
    /// Kept columns in order of columns, and in order of logits; two more lists to sort in.
    let kept: UnsafeMutablePointer<UInt64>
    let sorted: UnsafeMutablePointer<UInt64>
    let other: UnsafeMutablePointer<UInt64>
    /// The sort's counts.
    let counts: UnsafeMutablePointer<UInt64>
    private let exponentialsKernel: tsr_f32_attention_softmax_kernel

    fileprivate init(
      _ floats: UnsafeMutablePointer<Float>, _ lists: UnsafeMutablePointer<UInt64>, columns: Int,
      _ exponentialsKernel: tsr_f32_attention_softmax_kernel
    ) {
      (logits, weights, blockMaxima) = (floats, floats + columns, floats + 2 * columns)
      (kept, sorted, other, counts) = (lists, lists + columns, lists + 2 * columns, lists + 3 * columns)
      self.exponentialsKernel = exponentialsKernel
    }

    /// values[c] = exp(scale · (values[c] − maximum)); returns the sum. No value is above the maximum.
    func exponentials(_ values: UnsafeMutablePointer<Float>, count: Int, minus maximum: Float, scale: Float) -> Float {
      var row = tsr_attention_softmax_f32()
      (row.count, row.last, row.scale, row.scores, row.maximum) = (count, count, scale, values, maximum)
      exponentialsKernel(1, &row)
      return row.sum
    }
  }

  /// Columns of a block. 49,152 columns are 768 blocks, of which top-k looks into those few that can hold one of the k.
  static let blockColumns = 64

  private let floats: RowScratch
  private let lists: AlignedBuffer<UInt64>
  private let listStride: Int
  private let columns: Int
  private let exponentialsKernel: tsr_f32_attention_softmax_kernel

  init(columns: Int, context: ExecutionContext) throws(TesseraError) {
    self.columns = columns
    exponentialsKernel = AttentionKernels.variants.best(for: context.instructionSet).softmax
    let threadCount = context.pool.threadCount
    let blocks = (columns + Self.blockColumns - 1) / Self.blockColumns
    floats = try RowScratch(columns: 2 * columns + blocks, threadCount: threadCount)
    // To whole pairs of cache lines, so that threads share none.
    listStride = (3 * columns + CandidateSort.countRoom + 15) / 16 * 16
    lists = try AlignedBuffer(uninitializedCount: listStride * threadCount)
  }

  var byteCount: Int { floats.byteCount + lists.count * MemoryLayout<UInt64>.stride }

  func row(ofWorker index: Int) -> Row {
    Row(floats.row(ofWorker: index), lists.pointer + index * listStride, columns: columns, exponentialsKernel)
  }
}
