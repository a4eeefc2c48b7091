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
  /// Depth of a chain of multiply-adds, whose sums are then added in ascending order, for depths whose error as one
  /// chain would be large; a divisor of a depth block's granule. nil: all of the depth is one chain.
  package var depthPerSum: Int?
  /// Where finished sums go.
  package var finish = GemmFinish.output
  /// Right operands of this shape and kind: 1, or 2, whose finished sums are handed on together.
  package var rights = 1
  /// Matrices of the output's size that an epilogue reads or writes.
  package var epilogueMatrices = 1

  package init(
    rows: Int, columns: Int, depth: Int, leftRowStride: Int, leftDepthStride: Int = 1, right: GemmRight,
    outputRowStride: Int, accumulates: Bool = false, depthPerSum: Int? = nil, finish: GemmFinish = .output,
    rights: Int = 1, epilogueMatrices: Int = 1
  ) {
    (self.rows, self.columns, self.depth) = (rows, columns, depth)
    (self.leftRowStride, self.leftDepthStride, self.right) = (leftRowStride, leftDepthStride, right)
    (self.outputRowStride, self.accumulates, self.depthPerSum) = (outputRowStride, accumulates, depthPerSum)
    (self.finish, self.rights, self.epilogueMatrices) = (finish, rights, epilogueMatrices)
    precondition(rights == 1 || rights == 2 && finish == .columns, "two products are for an epilogue of columns")
    precondition(finish == .output || !accumulates, "what is handed on has no place to begin with")
    precondition(
      depthPerSum.map { $0 >= 16 && GemmBlocking.depthGranule % $0 == 0 } ?? true,
      "blocks of the depth end where sums do")
  }

  /// Floats of all of a right operand in panels of any variant.
  var packedCount: Int {
    (columns + GemmBlocking.columnGranule - 1) / GemmBlocking.columnGranule * GemmBlocking.columnGranule * depth
  }
}

/// Where the finished sums of a product go.
package enum GemmFinish: Hashable, Sendable {
  /// To the output, as they are.
  case output
  /// To the call's epilogue, in blocks of some rows and some columns.
  case columns
  /// To the call's epilogue, in blocks of whole rows.
  case rows
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

  /// Whether packing takes blocks of numbers apart.
  var isStored: Bool {
    if case .stored = self { true } else { false }
  }

  /// Bytes of `columns` columns of `depth` elements.
  func byteCount(columns: Int, depth: Int) -> Int {
    switch self {
    case .stored(let type): columns * type.rowBytes(depth)
    default: columns * depth * MemoryLayout<Float>.stride
    }
  }
}
