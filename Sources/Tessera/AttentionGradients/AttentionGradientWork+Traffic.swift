/// What an item moves between main memory and a fast memory that is empty at its start.
///
/// The item's keys and values are read once and their gradients written once. Queries, the output's gradient and the
/// sums of queries' gradients come round once a tile of keys, unless they stay. What the scores are changed by is read
/// once a row that has elements of its own.
extension AttentionGradientWork {
  var floatBytes: Int { MemoryLayout<Float>.stride }
  /// Parts of queries' gradients that are presumed to stay until they are added move nothing.
  private var movesSums: Bool { !leavesParts || !plan.partsStay }

  /// The products of output and its gradient, and gradients of 0. Queries that stay move here once and for all.
  mutating func countQueries() {
    let (width, valueWidth) = (plan.problem.headDimension, plan.problem.valueDimension)
    let rowBytes = plan.problem.groupSize * queryLength * floatBytes
    traffic.readBytes += plan.problem.slopes == nil ? 0 : plan.problem.groupSize * floatBytes
    if followsItem {
      traffic.readBytes += rowBytes * (1 + (queriesStay ? 2 * width + valueWidth : 0))
      traffic.writtenBytes += queriesStay ? rowBytes * width : 0
      return
    }
    traffic.readBytes += rowBytes * (2 * valueWidth + 1 + (queriesStay ? width : 0))
    traffic.writtenBytes += movesSums ? rowBytes * width : 0
  }

  /// The present tile, and operands of its scores that all queries of a head share.
  mutating func countTile() {
    traffic.readBytes += tile.count * (plan.problem.headDimension + plan.problem.valueDimension) * floatBytes
    for operand in scoreOperands where !operand.differsByQuery {
      traffic.readBytes += tile.count * operand.elementBytes * (operand.differsByHead ? plan.problem.groupSize : 1)
    }
  }

  /// A tile of queries that sees some of the present tile.
  mutating func count(_ queries: QueryTile, seeing seen: Range<Int>) {
    if !queriesStay {
      let (width, valueWidth) = (plan.problem.headDimension, plan.problem.valueDimension)
      let rowBytes = queries.queries.count * floatBytes
      traffic.readBytes += rowBytes * (width + valueWidth + (movesSums ? width : 0))
      traffic.writtenBytes += movesSums ? rowBytes * width : 0
    }
    for operand in scoreOperands where operand.differsByQuery && (queries.member == 0 || operand.differsByHead) {
      for row in 0..<queries.queries.count { traffic.readBytes += memory.keys(ofRow: row).count * operand.elementBytes }
    }
  }
}
