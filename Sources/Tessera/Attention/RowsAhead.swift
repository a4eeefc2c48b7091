import CTesseraKernels

/// Rows of an operand that are needed soon: a product whose right operand is packed asks for them while it runs, into
/// the second-level cache.
struct RowsAhead {
  let start: UnsafePointer<Float>
  let count: Int
  /// Floats of a row, and from one row to the next.
  let columns, stride: Int

  /// Has the product ask for the rows; nil, or none: for nothing.
  static func ask(for rows: RowsAhead?, in block: inout tsr_contraction_block_f32) {
    guard let rows, rows.count > 0 else { return block.next = nil }
    let float = MemoryLayout<Float>.stride
    block.next = UnsafeRawPointer(rows.start).assumingMemoryBound(to: CChar.self)
    (block.next_runs, block.next_bytes, block.next_stride) = (rows.count, rows.columns * float, rows.stride * float)
  }

  /// One of so many parts, in whole rows.
  func part(_ index: Int, of parts: Int) -> RowsAhead {
    let rows = (count + parts - 1) / parts
    let first = min(count, index * rows)
    return RowsAhead(start: start + first * stride, count: min(rows, count - first), columns: columns, stride: stride)
  }
}
