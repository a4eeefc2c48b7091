/// A table before it is set in type: text and Markdown print the same one.
struct Table {
  struct Column {
    var title: String
    /// Words are aligned left, numbers right.
    var isText = false
    /// Whether cells of it may be bold, so that text keeps a place for the mark.
    var mayBeBold = false
    /// Where the JSON has the column's figures, with the row's name in place of `*`.
    var key: String?

    init(_ title: String, isText: Bool = false, mayBeBold: Bool = false, key: String? = nil) {
      self.title = title
      self.isText = isText
      self.mayBeBold = mayBeBold
      self.key = key
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
  /// What stands for a row in the keys of its columns; empty where no column has a key.
  var rowNames: [String] = []
  var rows: [[Cell]]
  /// Below a rule.
  var totals: [[Cell]] = []
  var notes: [String] = []
}
