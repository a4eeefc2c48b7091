import COpenBLAS
import CTesseraKernels

/// A linear map of each row whose weights are read as a model file stores them, planned.
///
///     output[r][c] = Σ_k input[r][k] · weight[c][k], or that added to what output holds
///
/// Few rows, as in decoding, read the weights once and take them apart in registers; a row's result is then the same
/// bits whatever other rows the call has. With more, weights are dequantised panel by panel for OpenBLAS, whose sums are
/// in another order. A plan has scratch: it runs one call at a time.
public final class StoredLinearPlan {
  /// Calls of up to so many rows read the weights once; a fixed number, so that results follow from the problem. Of a
  /// model in Q4_1 (Zen 5, AVX-512, two threads) a pass of 9, 12, 16, 24 and 32 rows takes 12.2, 14.7, 18.7, 26.6 and
  /// 33.5 ms so, and 18.6, 16.3, 22.0, 24.8 and 34.2 with weights dequantised for OpenBLAS. Other
  /// types gain more, but Q4_K and Q6_K on AVX2, of which 9 rows gain a fifth to a third and 16 lose as much.
  public static let fewRows = 16

  /// Memory that the plan holds beyond the operands.
  public var workspaceBytes: Int { (scratch?.byteCount ?? 0) + 4 * (arranged?.elements.count ?? 0) }

  private let type: StoredType
  private let input: MatrixLayout
  private let output: MatrixLayout
  private let accumulates: Bool
  private let rowBytes: Int
  private let items: StoredLinearItems
  /// Of dequantised weights; none where they stay in registers.
  private let scratch: RowScratch?
  /// Of a few rows' inputs in the order that the kernel wants; none where it reads them where they lie.
  private let arranged: AlignedBuffer<Float>?
  private let arrangedCount: Int
  private let kernels: StoredKernels
  private let descriptor: OperatorDescriptor
  private let context: ExecutionContext

  /// input: rows × depth; output: rows × columns; weight: columns rows of depth elements of `type`, without gaps. Row
  /// strides are at least the number of columns. `accumulates`: adds to what output holds, as to a residual.
  /// Throws where layouts disagree or do not fit, or depth is no whole number of blocks.
  public init(
    _ type: StoredType, input: MatrixLayout, output: MatrixLayout, accumulates: Bool = false,
    context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let isFew = output.rows <= Self.fewRows
    descriptor = .storedLinear(type, isModelled: !isFew, accumulates: accumulates)
    try input.checkForOpenBLAS(rows: output.rows, columns: input.columns, operation: descriptor.name, operand: "input")
    try output.checkForOpenBLAS(
      rows: output.rows, columns: output.columns, operation: descriptor.name, operand: "output")
    try type.checkRow(input.columns, operation: descriptor.name, operand: "depth")
    try descriptor.checkSize([.rows: output.rows, .columns: output.columns, .depth: input.columns])
    let context = try ExecutionContext.resolve(context)
    if !isFew { try OpenBLAS.prepare() }
    (self.type, self.input, self.output, self.accumulates, self.context) = (type, input, output, accumulates, context)
    rowBytes = type.rowBytes(input.columns)
    kernels = StoredKernels.variants.best(for: context.instructionSet)
    if isFew {
      items = .fewRows(columns: output.columns, rowBytes: rowBytes)
      scratch = nil
      arrangedCount = kernels.arranged?.count(type.kernelType, input.columns) ?? 0
      arranged = arrangedCount > 0 ? try AlignedBuffer(uninitializedCount: output.rows * arrangedCount) : nil
    } else {
      (arranged, arrangedCount) = (nil, 0)
      items = .manyRows(columns: output.columns)
      scratch = try RowScratch(
        columns: min(items.columnsPerItem, output.columns) * input.columns, threadCount: context.pool.threadCount)
    }
  }

  /// `weight` may begin at any address and stays as it is while the call runs. `output` shares memory with neither.
  /// Where depth is 0 sums are 0. Throws before anything is written where memory is short or shared.
  public func run(
    _ input: Span<Float>, weight: RawSpan, output: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var output = output
    try input.withBuffer { input throws(TesseraError) in
      try weight.withUnsafeBytes { weight throws(TesseraError) in
        try output.withMutableBuffer { output throws(TesseraError) in
          try run(input: input, weight: weight, output: output)
        }
      }
    }
  }

  func run(
    input x: UnsafeBufferPointer<Float>, weight w: UnsafeRawBufferPointer, output y: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    try check(x, w, y)
    arrange(x)
    let traffic = context.pool.run(
      itemCount: input.columns > 0 && output.rows > 0 ? items.itemCount : 0, order: .neighbouring
    ) { item, worker in
      let columns = items[item]
      let moved = scratch == nil ? fewRows(columns, x, w, y) : manyRows(columns, x, w, y, worker: worker.index)
      worker.traffic.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
    }
    if input.columns == 0, !accumulates { clear(y) }
    guard let ledger = context.ledger else { return }
    let extents: Extents = [.rows: output.rows, .columns: output.columns, .depth: input.columns]
    let isCounted = !descriptor.isTrafficModelled && input.columns > 0
    ledger.record(
      descriptor, extents: extents, mode: .training,
      traffic: isCounted ? traffic : descriptor.leastTraffic(extents, mode: .training))
  }

  private func arrange(_ x: UnsafeBufferPointer<Float>) {
    guard let arranged, input.rows > 0 else { return }
    var call = tsr_stored_arrange_f32()
    (call.type, call.rows, call.depth) = (type.kernelType, input.rows, input.columns)
    (call.input, call.input_stride) = (x.baseAddress! + input.offset, input.rowStride)
    call.arranged = arranged.elements.baseAddress!
    kernels.arranged!.arrange(&call)
  }

  private func fewRows(
    _ columns: Range<Int>, _ x: UnsafeBufferPointer<Float>, _ w: UnsafeRawBufferPointer,
    _ y: UnsafeMutableBufferPointer<Float>
  ) -> Traffic {
    var call = tsr_stored_linear_f32()
    (call.type, call.rows, call.columns, call.depth) = (type.kernelType, output.rows, columns.count, input.columns)
    if let arranged {
      (call.input, call.input_stride) = (UnsafePointer(arranged.elements.baseAddress!), arrangedCount)
    } else {
      (call.input, call.input_stride) = (x.baseAddress! + input.offset, input.rowStride)
    }
    call.weight = bytes(w, of: columns.lowerBound)
    (call.output, call.output_stride) = (y.baseAddress! + output.offset + columns.lowerBound, output.rowStride)
    call.accumulate = accumulates
    kernels.linear(&call)
    // The input once for each item: a few rows stay in cache from tile to tile.
    let written = output.rows * columns.count * 4
    return Traffic(
      readBytes: columns.count * rowBytes + input.rows * input.columns * 4 + (accumulates ? written : 0),
      writtenBytes: written)
  }

  private func manyRows(
    _ columns: Range<Int>, _ x: UnsafeBufferPointer<Float>, _ w: UnsafeRawBufferPointer,
    _ y: UnsafeMutableBufferPointer<Float>, worker: Int
  ) -> Traffic {
    let weights = scratch!.row(ofWorker: worker)
    var call = tsr_dequantize_f32()
    (call.type, call.count) = (type.kernelType, columns.count * input.columns)
    (call.stored, call.output) = (bytes(w, of: columns.lowerBound), weights)
    kernels.dequantize(&call)
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(output.rows), Int32(columns.count), Int32(input.columns), 1,
      x.baseAddress! + input.offset, input.leadingDimension, weights, Int32(input.columns), accumulates ? 1 : 0,
      y.baseAddress! + output.offset + columns.lowerBound, output.leadingDimension)
    return Traffic()
  }

  private func bytes(_ weight: UnsafeRawBufferPointer, of column: Int) -> UnsafePointer<UInt8> {
    weight.baseAddress!.assumingMemoryBound(to: UInt8.self) + column * rowBytes
  }

  private func clear(_ y: UnsafeMutableBufferPointer<Float>) {
    for row in 0..<output.rows where output.columns > 0 {
      (y.baseAddress! + output.offset + row * output.rowStride).update(repeating: 0, count: output.columns)
    }
  }

  private func check(
    _ x: UnsafeBufferPointer<Float>, _ w: UnsafeRawBufferPointer, _ y: UnsafeMutableBufferPointer<Float>
  ) throws(TesseraError) {
    let name = descriptor.name
    try input.check(
      rows: input.rows, columns: input.columns, count: x.count, written: false, operation: name, operand: "input")
    try output.check(
      rows: output.rows, columns: output.columns, count: y.count, written: true, operation: name, operand: "output")
    let weightBytes = output.columns * rowBytes
    guard w.count >= weightBytes else {
      throw .invalidOperand(
        operation: name, operand: "weight", expected: "at least \(weightBytes) bytes of \(type.name)",
        actual: "\(w.count)")
    }
    try checkOverlap(
      descriptor,
      reads: [PlacedMatrix("input", x, input), PlacedMatrix("weight", bytes: w.baseAddress, count: weightBytes)],
      writes: [PlacedMatrix("output", UnsafeBufferPointer(y), output)])
  }
}
