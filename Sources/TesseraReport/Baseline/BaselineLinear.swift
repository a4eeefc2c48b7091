import Tessera

/// The report's own linear map of each row, without its bias: OpenBLAS on the context's pool, in panels that the
/// problem fixes. It is what the library's `linear` is measured against, and what the unfused sequence is made of.
package struct BaselineLinear: Sendable {
  private let product: BaselineProduct
  private let extents: Extents
  private let context: ExecutionContext

  /// input: rows × depth; weight: columns × depth, one row for each output column; output: rows × columns; contiguous.
  /// Throws for extents that are negative or beyond OpenBLAS's 32 bits, where OpenBLAS cannot be used, and where the
  /// address space has no room for it.
  package init(
    rows: Int, columns: Int, depth: Int, context: ExecutionContext, library: OpenBLASLibrary
  ) throws(TesseraError) {
    product = try BaselineProduct(
      OperatorDescriptor.baselineLinear.name, .init(rows: rows, columns: columns, depth: depth),
      left: BatchedMatrixLayout(planes: 1, rows: rows, columns: depth),
      right: BatchedMatrixLayout(planes: 1, rows: columns, columns: depth), transposesRight: true,
      output: BatchedMatrixLayout(planes: 1, rows: rows, columns: columns), context: context, library: library)
    extents = [.rows: rows, .columns: columns, .depth: depth]
    self.context = context
  }

  /// output[r][c] = Σ_k input[r][k] · weight[c][k]; zeros where depth is 0. `output` shares memory with neither.
  package func run(
    input: UnsafeBufferPointer<Float>, weight: UnsafeBufferPointer<Float>, output: UnsafeMutableBufferPointer<Float>
  ) {
    product.run(left: input, right: weight, output: output)
    let descriptor = OperatorDescriptor.baselineLinear
    // What OpenBLAS moves cannot be counted from outside: its D is taken as Q, and marked as modelled.
    context.ledger?.record(
      descriptor, extents: extents, mode: .training, traffic: descriptor.leastTraffic(extents, mode: .training))
  }
}
