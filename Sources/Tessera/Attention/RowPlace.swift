/// Which query of which head a row of an item is, and the same of the rows after it without a division each.
struct RowPlace {
  let sequence: Int
  private(set) var query: Int
  /// The query head.
  private(set) var head: Int
  /// b · Hq + h
  private(set) var plane: Int
  /// The query's plane and row in queries, output and log-sum-exps.
  @inline(__always)
  var operandPlane: Int { head + first.plane }
  @inline(__always)
  var operandRow: Int { query + first.row }
  private let first: SequencePlace
  private let groupSize: Int
  private let lastHead: Int

  @inline(__always)
  init(_ item: AttentionItem, row: Int, _ problem: AttentionProblem) {
    sequence = item.sequence
    first = item.place
    groupSize = problem.groupSize
    let member: Int
    (query, member) = (item.rows.lowerBound + row).quotientAndRemainder(dividingBy: groupSize)
    head = item.keyValueHead * groupSize + member
    lastHead = (item.keyValueHead + 1) * groupSize - 1
    plane = item.sequence * problem.queryHeads + head
  }

  /// Goes on to the next row.
  @inline(__always)
  mutating func advance() {
    if head == lastHead {
      query += 1
      head -= groupSize - 1
      plane -= groupSize - 1
    } else {
      head += 1
      plane += 1
    }
  }
}
