/// What a block mask hides in the backward pass.
extension AttentionGradientWork {
  /// The blocks of a query of the tile's head; nil without a block mask.
  @inline(__always)
  func blocks(ofQuery query: Int, of queries: QueryTile) -> AttentionBlocks.Row? {
    blocks?.row(sequence: sequence, head: queries.head, query: query)
  }

  /// Whether blocks let one of the tile's queries see one of the keys.
  func blocksShow(_ keys: Range<Int>, to queries: QueryTile) -> Bool {
    guard let blocks else { return true }
    return blocks.sees(
      keys, sequence: sequence, heads: queries.head..<queries.head + 1, queries: queries.queries)
  }

  /// Makes 0 of a row's probabilities and gradients of scores where its blocks hide keys between those that it sees;
  /// they begin at key `column`.
  func hideBlocks(ofRow row: Int, of queries: QueryTile, from column: Int) {
    guard let blocks = blocks(ofQuery: queries.queries.lowerBound + row, of: queries) else { return }
    let place = row * plan.sizes.keysStride - column
    blocks.forEachHidden(of: memory.keys(ofRow: row)) { hidden in
      (memory.scores + (place + hidden.lowerBound)).update(repeating: 0, count: hidden.count)
      (memory.scoreGradients + (place + hidden.lowerBound)).update(repeating: 0, count: hidden.count)
      if let softmaxGradients {
        (softmaxGradients + (hidden.lowerBound - column)).update(repeating: 0, count: hidden.count)
      }
    }
  }
}
