/// Sets tables as aligned plain text.
struct TextTable {
  /// Bold by terminal codes; otherwise by an asterisk after the figure.
  var usesTerminalCodes: Bool

  func render(_ table: Table) -> String {
    ([table.title, ""] + lines(table) + table.notes.map(trimmed)).joined(separator: "\n") + "\n"
  }

  /// Headings, rows and totals alone.
  func lines(_ table: Table) -> [String] {
    let all = table.rows + table.totals
    let widths = table.columns.indices.map { column in
      let cells = all.map { $0[column].text.count }.max() ?? 0
      return max(table.columns[column].title.count, cells + (table.columns[column].mayBeBold ? 1 : 0))
    }
    let bars = groupEnds(table)
    var lines: [String] = []
    if !table.groups.isEmpty { lines.append(groupLine(table, widths)) }
    let titles = table.columns.map { Table.Cell($0.title) }
    lines.append(line(titles, table.columns, widths, bars, isHeading: true))
    let rule = String(repeating: "─", count: widths.reduce(0) { $0 + $1 + 1 } - 1 + 2 * bars.count)
    lines.append(rule)
    lines += table.rows.map { line($0, table.columns, widths, bars) }
    if !table.totals.isEmpty {
      lines.append(rule)
      lines += table.totals.map { line($0, table.columns, widths, bars) }
    }
    return lines.map(trimmed)
  }

  /// Columns after which a group ends and a bar stands; none after the last.
  private func groupEnds(_ table: Table) -> Set<Int> {
    var ends: Set<Int> = []
    var end = -1
    for group in table.groups.dropLast() {
      end += group.columns
      ends.insert(end)
    }
    return ends
  }

  private func groupLine(_ table: Table, _ widths: [Int]) -> String {
    var first = 0
    return table.groups.map { group in
      let width = widths[first..<first + group.columns].reduce(0) { $0 + $1 + 1 } - 1
      first += group.columns
      return group.title + String(repeating: " ", count: max(0, width - group.title.count))
    }.joined(separator: " │ ")
  }

  private func line(
    _ cells: [Table.Cell], _ columns: [Table.Column], _ widths: [Int], _ bars: Set<Int>, isHeading: Bool = false
  ) -> String {
    var text = ""
    for (index, cell) in cells.enumerated() {
      let column = columns[index]
      var figure = cell.text
      var visible = figure.count
      if cell.isBold {
        figure = usesTerminalCodes ? "\u{1B}[1m\(figure)\u{1B}[0m " : figure + "*"
        visible += 1
      } else if column.mayBeBold, !isHeading {
        figure += " "
        visible += 1
      }
      let padding = String(repeating: " ", count: max(0, widths[index] - visible))
      text += column.isText ? figure + padding : padding + figure
      if bars.contains(index) { text += " │" }
      if index + 1 < cells.count { text += " " }
    }
    return text
  }

  private func trimmed(_ line: String) -> String {
    String(line.reversed().drop { $0 == " " }.reversed())
  }
}
