/// How matrices whose elements have nothing to do with their rows are cut into work items: a function of the problem.
/// Those that lie without gaps are one long row, which is cut wherever an item is long enough.
struct ElementPartition: Hashable, Sendable {
  private let columns: Int
  private let rowItems: RowPartition
  /// Elements that stand for a row where there are no gaps; nil where rows are rows.
  private let blockElements: Int?
  private let elements: Int

  /// Elements of a block: whole cache lines, far fewer than an item has.
  private static let elementsOfBlock = 1024

  /// `layouts` have the same extents, which fit in memory; `bytesPerElement`: what the call streams for each.
  init<let count: Int>(_ layouts: InlineArray<count, MatrixLayout>, bytesPerElement: Int) {
    var isContiguous = true
    for index in layouts.indices {
      isContiguous = isContiguous && (layouts[index].rowStride == layouts[index].columns || layouts[index].rows <= 1)
    }
    let (rows, columns) = (layouts[0].rows, layouts[0].columns)
    (self.columns, elements) = (columns, rows * columns)
    if isContiguous {
      blockElements = Self.elementsOfBlock
      rowItems = RowPartition(
        rows: (elements + Self.elementsOfBlock - 1) / Self.elementsOfBlock,
        bytesPerRow: Self.elementsOfBlock * bytesPerElement)
    } else {
      blockElements = nil
      rowItems = RowPartition(rows: columns == 0 ? 0 : rows, bytesPerRow: columns * bytesPerElement)
    }
  }

  var itemCount: Int { rowItems.itemCount }

  /// What an item has: rows of so many columns from an element on, which is that many behind the first of the first
  /// row.
  struct Part {
    var rows, columns: Int
    /// The first row, and elements behind its first.
    var firstRow, firstElement: Int
    var count: Int { rows * columns }
  }

  func part(ofItem item: Int) -> Part {
    let taken = rowItems.rows(ofItem: item)
    guard let blockElements else {
      return Part(rows: taken.count, columns: columns, firstRow: taken.lowerBound, firstElement: 0)
    }
    let first = taken.lowerBound * blockElements
    return Part(
      rows: 1, columns: min(elements, taken.upperBound * blockElements) - first, firstRow: 0, firstElement: first)
  }
}

extension UnsafeBufferPointer<Float> {
  /// The first element of a part of this matrix, which has elements.
  func start(_ layout: MatrixLayout, of part: ElementPartition.Part) -> UnsafePointer<Float> {
    baseAddress! + layout.offset + part.firstRow * layout.rowStride + part.firstElement
  }
}

extension UnsafeMutableBufferPointer<Float> {
  func start(_ layout: MatrixLayout, of part: ElementPartition.Part) -> UnsafeMutablePointer<Float> {
    baseAddress! + layout.offset + part.firstRow * layout.rowStride + part.firstElement
  }
}
