/// What rides on a product: it takes finished sums out of the first-level cache, where they would else be stored.
struct GemmEpilogue {
  /// What it moves for an item of so many rows and columns; the sums themselves move nothing.
  let traffic: (_ rows: Int, _ columns: Int) -> Traffic
  /// Takes a block. Threads call it at the same time, with blocks that have no element in common.
  let take: (_ block: GemmFinishedBlock, _ worker: Int) -> Void
}

extension GemmEpilogue {
  /// The same, which stores the sums as well, or those of the second right operand: rows of so many columns without
  /// gaps.
  func keepingSums(
    _ kept: UnsafeMutableBufferPointer<Float>, columns: Int, ofSecond: Bool = false
  ) -> GemmEpilogue {
    GemmEpilogue(
      traffic: { rows, columns in
        var moved = traffic(rows, columns)
        moved.writtenBytes += rows * ElementType.float32.byteCount(ofElements: columns)
        return moved
      },
      take: { block, worker in
        let sums = ofSecond ? block.second! : block.sums
        for row in block.rows {
          (kept.baseAddress! + row * columns + block.columns.lowerBound)
            .update(from: sums + (row - block.rows.lowerBound) * block.rowStride, count: block.columns.count)
        }
        take(block, worker)
      })
  }
}

/// Finished sums of some rows and columns of a product.
struct GemmFinishedBlock {
  let rows: Range<Int>
  let columns: Range<Int>
  /// Element (r, c) of the block at r · rowStride + c; rows begin at cache lines. Valid during the call.
  let sums: UnsafePointer<Float>
  /// Those of the second right operand, which lie alike; nil where there is one.
  var second: UnsafePointer<Float>?
  let rowStride: Int
}
