extension Table {
  /// The same without columns that have nothing in any row or total, and without groups that have no other.
  var withoutEmptyColumns: Table {
    let lines = rows + totals
    let kept = columns.indices.filter { column in lines.contains { !$0[column].text.isEmpty } }
    func cells(_ line: [Cell]) -> [Cell] { kept.map { line[$0] } }
    var table = self
    table.columns = kept.map { columns[$0] }
    (table.rows, table.totals) = (rows.map(cells), totals.map(cells))
    var first = 0
    table.groups = groups.compactMap { group in
      let own = first..<first + group.columns
      first = own.upperBound
      let count = kept.count { own.contains($0) }
      return count == 0 ? nil : Group(title: group.title, columns: count)
    }
    return table
  }
}
