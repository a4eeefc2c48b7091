/// Log-sum-exps that no forward call has written into the tensors: another library's, those of a file, or merged ones.
extension AttentionSavedTensors {
  /// Copies the log-sum-exps into the tensors and notes them as those of a forward call of the problem, with its
  /// dropout: backward calls of that problem take the tensors from then on.
  ///
  /// They lie as forward calls write them, B × Hq × Lq or, packed, Hq × T: natural logarithms of sums over all scores
  /// that the query sees, after scale, softcap, bias, slopes and modifier, and over the sink, before dropout; −inf
  /// where there is nothing to sum. Nobody can check whether they are those of the backward call's operands. `values`
  /// may be the tensors' own elements, filled in place; where it has more than the problem, the first are taken.
  ///
  /// Throws, and changes nothing, for a problem that does not fit together, and where it has more of them than `values`
  /// or the tensors.
  public func setLogSumExp(_ values: Span<Float>, of problem: AttentionProblem) throws(TesseraError) {
    try problem.check()
    let count = problem.logSumExpCount
    try checkVector(values.count, expected: count, operation: OperatorDescriptor.attention.name, operand: "log-sum-exp")
    try checkVector(logSumExp.count, expected: count, operation: OperatorDescriptor.attention.name, operand: "kept")
    values.withBuffer { values in
      guard count > 0 else { return }
      logSumExp.pointer.update(from: values.baseAddress!, count: count)
    }
    draws.note(problem.dropout)
  }
}
