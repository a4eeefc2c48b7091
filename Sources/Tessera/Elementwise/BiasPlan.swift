/// A bias added in place, planned: see `addBias`. Any number of threads may run one plan.
///
///     matrix[r][c] += bias[c]
public struct BiasPlan: Sendable {
  private let plan: ElementwisePlan

  /// Throws where the layout does not fit.
  public init(_ matrix: MatrixLayout, context: ExecutionContext? = nil) throws(TesseraError) {
    plan = try ElementwisePlan(.bias, [.bias], layouts: .init(input: matrix, output: matrix), context: context)
  }

  /// bias: columns values. Throws before anything is written where a span is too short or the two share memory.
  public func run(inPlace matrix: consuming MutableSpan<Float>, bias: Span<Float>) throws(TesseraError) {
    try plan.run(inPlace: matrix, bias: bias)
  }
}
