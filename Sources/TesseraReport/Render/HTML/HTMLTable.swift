/// Sets tables as HTML. A cell says where the JSON has its figure: `data-key`.
struct HTMLTable {
  func render(_ table: Table) -> String {
    var lines = ["<h2>\(escaped(table.title))</h2>", "<div class=\"wide\"><table>", "<thead>"]
    let ends = groupEnds(table)
    if !table.groups.isEmpty {
      lines.append(
        "<tr>" + table.groups.map { "<th colspan=\"\($0.columns)\" class=\"group\">\(escaped($0.title))</th>" }.joined()
          + "</tr>")
    }
    lines.append(
      "<tr>"
        + table.columns.enumerated().map { index, column in
          "<th\(classes(column, endsGroup: ends.contains(index)))>\(escaped(column.title))</th>"
        }.joined() + "</tr>")
    lines += ["</thead>", "<tbody>"]
    for (index, cells) in table.rows.enumerated() {
      lines.append(row(cells, table, ends, name: index < table.rowNames.count ? table.rowNames[index] : nil))
    }
    lines.append("</tbody>")
    if !table.totals.isEmpty {
      lines += ["<tfoot>"] + table.totals.map { row($0, table, ends, name: nil) } + ["</tfoot>"]
    }
    lines.append("</table></div>")
    if !table.notes.isEmpty {
      lines += ["<ul class=\"notes\">"] + table.notes.map { "<li>\(escaped($0))</li>" } + ["</ul>"]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func row(_ cells: [Table.Cell], _ table: Table, _ ends: Set<Int>, name: String?) -> String {
    "<tr>"
      + cells.enumerated().map { index, cell in
        let column = table.columns[index]
        let text = cell.isBold ? "<strong>\(escaped(cell.text))</strong>" : escaped(cell.text)
        var attributes = classes(column, endsGroup: ends.contains(index))
        if let name, let key = column.key {
          attributes += " data-key=\"\(escaped(key.replacing("*", with: name)))\""
        }
        return "<td\(attributes)>\(text)</td>"
      }.joined() + "</tr>"
  }

  private func classes(_ column: Table.Column, endsGroup: Bool) -> String {
    let names = [column.isText ? "words" : nil, endsGroup ? "end" : nil].compactMap(\.self)
    return names.isEmpty ? "" : " class=\"\(names.joined(separator: " "))\""
  }

  /// Last column of every group but the last.
  private func groupEnds(_ table: Table) -> Set<Int> {
    var end = -1
    return Set(
      table.groups.dropLast().map { group in
        end += group.columns
        return end
      })
  }
}
