/// A table before it is set in type: text and Markdown print the same one.
struct Table {
  struct Column {
    var title: String
    /// Words are aligned left, numbers right.
    var isText = false
    /// Whether cells of it may be bold, so that text keeps a place for the mark.
    var mayBeBold = false

    init(_ title: String, isText: Bool = false, mayBeBold: Bool = false) {
      self.title = title
      self.isText = isText
      self.mayBeBold = mayBeBold
    }
  }

  struct Cell: ExpressibleByStringLiteral {
    var text: String
    var isBold = false

    init(_ text: String, bold: Bool = false) {
      self.text = text
      isBold = bold
    }

    init(stringLiteral text: String) { self.init(text) }
  }

  /// Neighbouring columns under one heading of their own; widths of a group are those of its columns.
  struct Group {
    var title: String
    var columns: Int
  }

  var title: String
  var groups: [Group]
  var columns: [Column]
  var rows: [[Cell]]
  /// Below a rule.
  var totals: [[Cell]] = []
  var notes: [String] = []
}
