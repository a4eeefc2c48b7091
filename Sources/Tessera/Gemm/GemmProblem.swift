/// A matrix product: output[r][c] = Σ_k left[r][k] · right[k][c], or that added to what output holds.
package struct GemmProblem: Hashable, Sendable {
  package var rows: Int
  package var columns: Int
  package var depth: Int
  /// Element (r, k) of the left operand lies at r · leftRowStride + k · leftDepthStride; one of the two strides is 1.
  package var leftRowStride: Int
  package var leftDepthStride = 1
  package var right: GemmRight
  /// Between rows of the output, whose columns are contiguous.
  package var outputRowStride: Int
  /// Whether sums begin with what output holds.
  package var accumulates = false

  package init(
    rows: Int, columns: Int, depth: Int, leftRowStride: Int, leftDepthStride: Int = 1, right: GemmRight,
    outputRowStride: Int, accumulates: Bool = false
  ) {
    (self.rows, self.columns, self.depth) = (rows, columns, depth)
    (self.leftRowStride, self.leftDepthStride, self.right) = (leftRowStride, leftDepthStride, right)
    (self.outputRowStride, self.accumulates) = (outputRowStride, accumulates)
  }
}

/// How the right operand of a product lies in memory.
package enum GemmRight: Hashable, Sendable {
  /// Element (k, c) at c · stride + k: a row for each column of the output, as weights lie.
  case rows(stride: Int)
  /// Element (k, c) at k · stride + c.
  case columns(stride: Int)
  /// Panels as `PackedWeights` has them.
  case packed
  /// A row of stored blocks for each column of the output, without gaps.
  case stored(ElementType)

  /// Bytes of `columns` columns of `depth` elements.
  func byteCount(columns: Int, depth: Int) -> Int {
    switch self {
    case .stored(let type): columns * type.rowBytes(depth)
    default: columns * depth * MemoryLayout<Float>.stride
    }
  }
}
