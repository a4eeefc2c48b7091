import Tessera

/// Matrix products of the unfused sequence: OpenBLAS on the context's pool, plane by plane in panels that the problem
/// fixes, with either operand transposed.
package struct BaselineProduct: Sendable {
  /// Of one plane.
  package struct Sizes: Sendable {
    package var rows, columns, depth: Int

    package init(rows: Int, columns: Int, depth: Int) { (self.rows, self.columns, self.depth) = (rows, columns, depth) }
  }

  private let panels: BaselinePanels
  private let depth: Int
  /// Transposed they are depth × rows and columns × depth.
  private let left, right, output: BatchedMatrixLayout
  private let transposesLeft, transposesRight: Bool
  private let context: ExecutionContext
  private let library: OpenBLASLibrary

  /// All layouts have as many planes. Throws for extents and strides that are negative or beyond OpenBLAS's 32 bits,
  /// and where the address space has no room for it.
  package init(
    _ operation: String, _ sizes: Sizes, left: BatchedMatrixLayout, transposesLeft: Bool = false,
    right: BatchedMatrixLayout, transposesRight: Bool = false, output: BatchedMatrixLayout, context: ExecutionContext,
    library: OpenBLASLibrary
  ) throws(TesseraError) {
    for (operand, extent) in [
      ("rows", sizes.rows), ("columns", sizes.columns), ("depth", sizes.depth), ("left", left.rowStride),
      ("right", right.rowStride), ("output", output.rowStride),
    ] where !(0...Int(Int32.max)).contains(extent) {
      throw .invalidOperand(
        operation: operation, operand: operand, expected: "0 to \(Int32.max)", actual: "\(extent)")
    }
    panels = BaselinePanels(rows: sizes.rows, columns: sizes.columns, planes: output.planes)
    depth = sizes.depth
    (self.left, self.right, self.output) = (left, right, output)
    (self.transposesLeft, self.transposesRight) = (transposesLeft, transposesRight)
    self.context = context
    self.library = library
    try OpenBLASLibrary.checkRoom(threads: min(context.pool.threadCount, output.planes * panels.count))
  }

  /// output[p] = left[p] · right[p]; zeros where depth is 0. `output` shares memory with neither.
  package func run(
    left: UnsafeBufferPointer<Float>, right: UnsafeBufferPointer<Float>, output: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(
      left.count >= self.left.requiredCount ?? .max && right.count >= self.right.requiredCount ?? .max
        && output.count >= self.output.requiredCount ?? .max, "operands of the baseline are too short")
    let (plain, transposed) = (OpenBLASLibrary.plain, OpenBLASLibrary.transposed)
    context.pool.run(itemCount: self.output.planes * panels.count) { item, _ in
      let (plane, panel) = item.quotientAndRemainder(dividingBy: panels.count)
      let (rows, columns) = panels[panel]
      let target =
        output.baseAddress! + self.output.start(ofPlane: plane) + rows.lowerBound * self.output.rowStride
        + columns.lowerBound
      guard depth > 0 else {
        for row in 0..<rows.count { (target + row * self.output.rowStride).update(repeating: 0, count: columns.count) }
        return
      }
      library.multiply(
        OpenBLASLibrary.rowMajor, transposesLeft ? transposed : plain, transposesRight ? transposed : plain,
        CInt(rows.count), CInt(columns.count), CInt(depth), 1,
        left.baseAddress! + self.left.start(ofPlane: plane)
          + rows.lowerBound * (transposesLeft ? 1 : self.left.rowStride), CInt(self.left.rowStride),
        right.baseAddress! + self.right.start(ofPlane: plane)
          + columns.lowerBound * (transposesRight ? self.right.rowStride : 1), CInt(self.right.rowStride), 0, target,
        CInt(self.output.rowStride))
    }
  }
}
