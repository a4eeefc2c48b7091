/// Which blocks of keys each block of queries sees: query i of head h of sequence b sees key j where
/// (b, h, i / queriesPerBlock, j / keysPerBlock) is visible, besides what the problem's other options hide.
///
/// What is hidden is −inf before the softmax. Groups of rows are multiplied with no keys before the first block and
/// past the last one of a tile that one of them sees, and tiles that nobody sees are not read: blocks of 64 keys and
/// more, and of 96 queries and more, skip most. A bit a block; of batch and heads each has blocks of its own, or all
/// share them.
public struct AttentionBlockMask: Hashable, Sendable {
  public let queriesPerBlock: Int
  public let keysPerBlock: Int
  /// Lq / queriesPerBlock and Lk / keysPerBlock, rounded up.
  public let queryBlocks: Int
  public let keyBlocks: Int
  /// B, or 1: every sequence has the same.
  public let batch: Int
  /// Hq, or 1: every query head has the same.
  public let heads: Int
  /// A bit for each block, 1 visible, rows of blocks one after the other, sequences outermost. Each row begins with a
  /// word; what is left of its last one is 0.
  package let words: [UInt64]

  package static let operation = "AttentionBlockMask"
  /// 2³⁵ blocks.
  private static let mostWords = 1 << 29

  /// Asks for every block, once. Throws where a size is not above 0, a number of blocks is negative, or the bits are
  /// more than 2³⁵.
  public init(
    queriesPerBlock: Int, keysPerBlock: Int, queryBlocks: Int, keyBlocks: Int, batch: Int = 1, heads: Int = 1,
    isVisible: (_ sequence: Int, _ head: Int, _ queryBlock: Int, _ keyBlock: Int) -> Bool
  ) throws(TesseraError) {
    func invalid(_ operand: String, _ expected: String, _ actual: Int) -> TesseraError {
      .invalidOperand(operation: Self.operation, operand: operand, expected: expected, actual: "\(actual)")
    }
    for (operand, size) in [("queries per block", queriesPerBlock), ("keys per block", keysPerBlock)]
    where !(1...Extent.largest).contains(size) {
      throw invalid(operand, "1 to \(Extent.largest)", size)
    }
    for (operand, count) in [
      ("query blocks", queryBlocks), ("key blocks", keyBlocks), ("batch", batch), ("heads", heads),
    ] where !(0...Extent.largest).contains(count) {
      throw invalid(operand, "0 to \(Extent.largest)", count)
    }
    let wordsPerRow = (keyBlocks + 63) / 64
    var count = wordsPerRow
    for factor in [queryBlocks, heads, batch] {
      let (product, overflow) = count.multipliedReportingOverflow(by: factor)
      guard !overflow, product <= Self.mostWords else {
        throw invalid("query blocks", "so many that there are at most 2^35 bits", queryBlocks)
      }
      count = product
    }
    (self.queriesPerBlock, self.keysPerBlock) = (queriesPerBlock, keysPerBlock)
    (self.queryBlocks, self.keyBlocks) = (queryBlocks, keyBlocks)
    (self.batch, self.heads) = (batch, heads)
    var words = [UInt64](repeating: 0, count: count)
    var row = 0
    // Without a block there is nothing to ask for, however many sequences and heads have none.
    for sequence in 0..<(count == 0 ? 0 : batch) {
      for head in 0..<heads {
        for queryBlock in 0..<queryBlocks {
          for keyBlock in 0..<keyBlocks where isVisible(sequence, head, queryBlock, keyBlock) {
            words[row + keyBlock / 64] |= 1 << UInt64(keyBlock % 64)
          }
          row += wordsPerRow
        }
      }
    }
    self.words = words
  }

  /// Whether a block is visible; the four are within its extents, or any where all sequences or heads share blocks.
  public func isVisible(sequence: Int = 0, head: Int = 0, queryBlock: Int, keyBlock: Int) -> Bool {
    let row = rowStart(sequence: sequence, head: head, queryBlock: queryBlock)
    return words[row + keyBlock / 64] >> UInt64(keyBlock % 64) & 1 != 0
  }

  /// The first word of a row of blocks.
  package func rowStart(sequence: Int, head: Int, queryBlock: Int) -> Int {
    (((batch == 1 ? 0 : sequence) * heads + (heads == 1 ? 0 : head)) * queryBlocks + queryBlock) * wordsPerRow
  }

  /// Words of a row of blocks.
  package var wordsPerRow: Int { (keyBlocks + 63) / 64 }
}
