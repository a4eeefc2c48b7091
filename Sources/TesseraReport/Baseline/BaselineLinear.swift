import Tessera

/// The report's own linear map of each row, without its bias: OpenBLAS on the context's pool, in panels that the problem
/// fixes. It is what the library's `linear` is measured against, and what the unfused sequence is made of.
package struct BaselineLinear: Sendable {
  private let panels: BaselinePanels
  private let depth: Int
  private let context: ExecutionContext
  private let library: OpenBLASLibrary

  /// input: rows × depth; weight: columns × depth, one row for each output column; output: rows × columns; contiguous.
  /// Throws for extents that are negative or beyond OpenBLAS's 32 bits, where OpenBLAS cannot be used, and where the
  /// address space has no room for it.
  package init(
    rows: Int, columns: Int, depth: Int, context: ExecutionContext, library: OpenBLASLibrary
  ) throws(TesseraError) {
    for (operand, extent) in [("rows", rows), ("columns", columns), ("depth", depth)]
    where !(0...Int(Int32.max)).contains(extent) {
      throw .invalidOperand(
        operation: OperatorDescriptor.baselineLinear.name, operand: operand, expected: "0 to \(Int32.max)",
        actual: "\(extent)")
    }
    panels = BaselinePanels(rows: rows, columns: columns)
    self.depth = depth
    self.context = context
    self.library = library
    try OpenBLASLibrary.checkRoom(threads: min(context.pool.threadCount, panels.count))
  }

  /// output[r][c] = Σ_k input[r][k] · weight[c][k]; zeros where depth is 0. `output` shares memory with neither.
  package func run(
    input: UnsafeBufferPointer<Float>, weight: UnsafeBufferPointer<Float>, output: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(
      input.count >= panels.rows * depth && weight.count >= panels.columns * depth
        && output.count >= panels.rows * panels.columns, "operands of the baseline are too short")
    context.pool.run(itemCount: panels.count) { item, _ in
      let (rows, columns) = panels[item]
      let target = output.baseAddress! + rows.lowerBound * panels.columns + columns.lowerBound
      guard depth > 0 else {
        for row in 0..<rows.count { (target + row * panels.columns).update(repeating: 0, count: columns.count) }
        return
      }
      library.multiply(
        OpenBLASLibrary.rowMajor, OpenBLASLibrary.plain, OpenBLASLibrary.transposed, CInt(rows.count),
        CInt(columns.count), CInt(depth), 1, input.baseAddress! + rows.lowerBound * depth, CInt(depth),
        weight.baseAddress! + columns.lowerBound * depth, CInt(depth), 0, target, CInt(panels.columns))
    }
    let descriptor = OperatorDescriptor.baselineLinear
    let extents: Extents = [.rows: panels.rows, .columns: panels.columns, .depth: depth]
    // What OpenBLAS moves cannot be counted from outside: its D is taken as Q, and marked as modelled.
    context.ledger?.record(
      descriptor, extents: extents, mode: .training, traffic: descriptor.leastTraffic(extents, mode: .training))
  }
}

extension OperatorDescriptor {
  /// `linear` as the baseline computes it: the same operands and counts under a name of its own in the ledger, modelled.
  package static let baselineLinear: OperatorDescriptor = {
    var descriptor = OperatorDescriptor.linear
    descriptor.name = "baseline-linear"
    descriptor.isTrafficModelled = true
    return descriptor
  }()
}
