extension AttentionBlockMask {
  /// The same blocks for all sequences and heads of a problem. Throws as the other initialiser does.
  public init(
    for problem: AttentionProblem, queriesPerBlock: Int = 128, keysPerBlock: Int = 128,
    isVisible: (_ queryBlock: Int, _ keyBlock: Int) -> Bool
  ) throws(TesseraError) {
    try self.init(
      queriesPerBlock: queriesPerBlock, keysPerBlock: keysPerBlock,
      queryBlocks: Self.blocks(problem.queryLength, of: queriesPerBlock),
      keyBlocks: Self.blocks(problem.keyLength, of: keysPerBlock)
    ) { isVisible($2, $3) }
  }

  /// A sliding window with global tokens, in blocks of so many queries and keys: each block of queries sees the key
  /// blocks of its own number and `neighbours` to either side, and the first `globalBlocks`, whose queries see all
  /// keys.
  public static func window(
    for problem: AttentionProblem, block: Int = 128, neighbours: Int, globalBlocks: Int = 0
  ) throws(TesseraError) -> AttentionBlockMask {
    try AttentionBlockMask(for: problem, queriesPerBlock: block, keysPerBlock: block) { query, key in
      query < globalBlocks || key < globalBlocks || (query - key).magnitude <= max(0, neighbours)
    }
  }

  private static func blocks(_ length: Int, of size: Int) -> Int {
    // What is no size is refused by name, later.
    size > 0 && length > 0 ? (length - 1) / size + 1 : length
  }

  /// Throws where it is not of the problem's extents.
  func check(_ problem: AttentionProblem, _ operation: String) throws(TesseraError) {
    for (what, actual, expected) in [
      ("query blocks", queryBlocks, [Self.blocks(problem.queryLength, of: queriesPerBlock)]),
      ("key blocks", keyBlocks, [Self.blocks(problem.keyLength, of: keysPerBlock)]),
      ("sequences", batch, [1, problem.batch]), ("heads", heads, [1, problem.queryHeads]),
    ] where !expected.contains(actual) {
      throw .invalidOperand(
        operation: operation, operand: "block mask",
        expected: "\(expected.map { "\($0)" }.joined(separator: " or ")) \(what)", actual: "\(actual)")
    }
  }
}
