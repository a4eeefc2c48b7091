/// Sets tables as Markdown. Groups become prefixes of their columns' titles, because Markdown has one heading row.
struct MarkdownTable {
  func render(_ table: Table) -> String {
    var prefixes: [String] = []
    for group in table.groups { prefixes += Array(repeating: group.title, count: group.columns) }
    let titles = table.columns.enumerated().map { index, column in
      let prefix = index < prefixes.count ? prefixes[index] : ""
      return escaped(prefix.isEmpty ? column.title : "\(prefix) \(column.title)")
    }
    var lines = ["## \(table.title)", "", row(titles)]
    lines.append(row(table.columns.map { $0.isText ? ":--" : "--:" }))
    lines += (table.rows + table.totals).map { cells in
      row(cells.map { $0.isBold ? "**\(escaped($0.text))**" : escaped($0.text) })
    }
    if !table.notes.isEmpty { lines += [""] + table.notes.map { "- " + escaped($0) } }
    return lines.joined(separator: "\n") + "\n"
  }

  private func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }

  /// What Markdown would take for its own.
  private func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if "|*_^~<>\\".contains(character) { result.append("\\") }
      result.append(character)
    }
  }
}
