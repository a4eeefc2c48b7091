extension OperatorDescriptor {
  /// Two results of attention over different keys as one.
  public static let mergeAttention = OperatorDescriptor(
    name: "merge-attention", operatorClass: .elementWise,
    formula: """
      log-sum-exp[r] = ln(exp(l₁[r]) + exp(l₂[r])); \
      output[r][c] = exp(l₁[r] − log-sum-exp[r]) · first[r][c] + exp(l₂[r] − log-sum-exp[r]) · second[r][c]
      """,
    floatingPointOperations: Count(3, .rows, .columns),
    reads: [
      Operand("first", .matrix(.rows, .columns)),
      Operand("first-log-sum-exp", .vector(.rows), role: .rowStatistic),
      Operand("second", .matrix(.rows, .columns)),
      Operand("second-log-sum-exp", .vector(.rows), role: .rowStatistic),
    ],
    writes: [
      Operand("output", .matrix(.rows, .columns)), Operand("log-sum-exp", .vector(.rows), role: .rowStatistic),
    ], aliasing: ["output": ["first"], "log-sum-exp": ["first-log-sum-exp"]])
}
