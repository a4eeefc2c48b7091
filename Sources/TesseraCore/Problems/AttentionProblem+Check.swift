extension AttentionProblem {
  /// The name of its operator, and of the one that computes gradients.
  package static let operation = "attention"
  package static let gradientsOperation = "attention-gradients"

  /// Throws what is wrong with the problem of this operator.
  package func check(for operation: String = Self.operation) throws(TesseraError) {
    func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
      .invalidOperand(operation: operation, operand: operand, expected: expected, actual: actual)
    }
    for (operand, extent) in [
      ("batch", batch), ("query heads", queryHeads), ("key-value heads", keyValueHeads), ("query length", queryLength),
      ("key length", keyLength),
    ] where !(0...Extent.largest).contains(extent) {
      throw invalid(operand, expected: "0 to \(Extent.largest)", actual: "\(extent)")
    }
    for (operand, extent) in [("head dimension", headDimension), ("value dimension", valueDimension)]
    where !(1...Self.largestDimension).contains(extent) {
      throw invalid(operand, expected: "1 to \(Self.largestDimension)", actual: "\(extent)")
    }
    guard keyValueHeads == 0 ? queryHeads == 0 : queryHeads % keyValueHeads == 0 else {
      throw invalid(
        "query heads", expected: "a multiple of the \(keyValueHeads) key-value heads", actual: "\(queryHeads)")
    }
    try checkOptions(operation)
    try checkStarts(operation)
    try checkLayouts(operation)
    if operation == Self.gradientsOperation { try checkGradientLayouts() }
    let operations = [queryTokens, queryHeads, keyLength, 2 * (headDimension + valueDimension)]
    guard operations.reduce(1, { $0 * Double($1) }) < 0x1p62 else {
      throw invalid("extents", expected: "operations that can be counted", actual: "more than 2^62")
    }
  }

  /// Rows of packed tiles and of sums are sized for it.
  package static let largestDimension = 512

  private func checkOptions(_ operation: String) throws(TesseraError) {
    func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
      .invalidOperand(operation: operation, operand: operand, expected: expected, actual: actual)
    }
    // The kernels' exponential is a power of 2, so what has to be finite is scale · log₂ e, the number below.
    guard (scale * 0x1.715476p+0).isFinite else {
      throw invalid("scale", expected: "a number whose product with log₂ e is finite", actual: scale.spelled)
    }
    if let softcap, !(softcap >= 0 && softcap.isFinite) {
      throw invalid("softcap", expected: "a finite number above 0, or 0 for none", actual: softcap.spelled)
    }
    for (name, value) in mask.bounds where value < 0 {
      throw invalid(name, expected: "0 or more, or nil or -1 for an open side", actual: "\(value)")
    }
    if let queryOffsets {
      guard queryOffsets.count == batch else {
        throw invalid("query offsets", expected: "\(batch), one a sequence", actual: "\(queryOffsets.count)")
      }
      for (sequence, offset) in queryOffsets.enumerated() where !(-Extent.largest...Extent.largest).contains(offset) {
        throw invalid(
          "query offset of sequence \(sequence)", expected: "\(-Extent.largest) to \(Extent.largest)",
          actual: "\(offset)")
      }
    }
    try checkDocuments(operation)
    try blockMask?.check(self, operation)
    for (name, lengths, longest) in [("query", queryLengths, queryLength), ("key", keyLengths, keyLength)] {
      guard let lengths else { continue }
      guard lengths.count == batch else {
        throw invalid("\(name) lengths", expected: "\(batch), one a sequence", actual: "\(lengths.count)")
      }
      for (sequence, length) in lengths.enumerated() where !(0...longest).contains(length) {
        throw invalid("\(name) length of sequence \(sequence)", expected: "0 to \(longest)", actual: "\(length)")
      }
    }
    if dropout != nil, dropoutSequences == nil, batch * queryHeads > Int(UInt32.max) {
      throw invalid(
        "batch", expected: "batch · query heads that fit dropout's 32-bit counter words", actual: "\(batch)")
    }
    if let dropoutSequences {
      guard dropoutSequences.count == batch else {
        throw invalid("dropout sequences", expected: "\(batch), one a sequence", actual: "\(dropoutSequences.count)")
      }
      let most = queryHeads == 0 ? Int(UInt32.max) : (Int(UInt32.max) - queryHeads + 1) / queryHeads
      for sequence in dropoutSequences where !(0...most).contains(sequence) {
        throw invalid("dropout sequences", expected: "0 to \(most) each", actual: "\(sequence)")
      }
    }
  }

  /// Rows of the layouts' planes: where sequences are packed as many tokens as the first of them has.
  private var layoutQueries: Int { queryStarts == nil ? queryLength : queries.rows }
  private var layoutKeys: Int { keyStarts == nil ? keyLength : keys.rows }

  private func checkLayouts(_ operation: String) throws(TesseraError) {
    for (operand, layout, batch, heads, rows, columns) in [
      ("queries", queries, queryBatch, queryHeads, layoutQueries, headDimension),
      ("keys", keys, keyBatch, keyValueHeads, layoutKeys, headDimension),
      ("values", values, keyBatch, keyValueHeads, layoutKeys, valueDimension),
      ("output", output, queryBatch, queryHeads, layoutQueries, valueDimension),
    ] {
      try layout.checkHeads(
        batch: batch, heads: heads, rows: rows, columns: columns, operation: operation, operand: operand)
    }
    for (operand, layout) in [("bias", bias), ("mask", booleanMask)] {
      try layout?.checkHeads(
        batch: batch, heads: queryHeads, rows: queryLength, columns: keyLength, operation: operation,
        operand: operand)
    }
    // Gradients are computed of an output that is read.
    if operation == Self.operation { try output.checkApart(operation: operation, operand: "output") }
  }

  private func checkGradientLayouts() throws(TesseraError) {
    for (operand, layout, batch, heads, rows, columns) in [
      ("output-gradient", gradients.output, queryBatch, queryHeads, layoutQueries, valueDimension),
      ("queries-gradient", gradients.queries, queryBatch, queryHeads, layoutQueries, headDimension),
      ("keys-gradient", gradients.keys, keyBatch, keyValueHeads, layoutKeys, headDimension),
      ("values-gradient", gradients.values, keyBatch, keyValueHeads, layoutKeys, valueDimension),
    ] {
      try layout.checkHeads(
        batch: batch, heads: heads, rows: rows, columns: columns, operation: Self.gradientsOperation,
        operand: operand)
    }
    for (operand, layout) in [
      ("queries-gradient", gradients.queries), ("keys-gradient", gradients.keys), ("values-gradient", gradients.values),
    ] {
      try layout.checkApart(operation: Self.gradientsOperation, operand: operand)
    }
    guard let layout = gradients.bias else { return }
    let operand = "bias-gradient"
    guard bias != nil else {
      throw .invalidOperand(
        operation: Self.gradientsOperation, operand: operand, expected: "no layout, the problem has no bias",
        actual: "one")
    }
    try layout.checkHeads(
      batch: batch, heads: queryHeads, rows: queryLength, columns: keyLength, operation: Self.gradientsOperation,
      operand: operand)
    try layout.distinctElements.checkApart(operation: Self.gradientsOperation, operand: operand)
  }
}
