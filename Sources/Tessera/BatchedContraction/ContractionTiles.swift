/// How a batched contraction is cut: a function of the problem, the same for every variant and thread count.
package struct ContractionTiles: Hashable, Sendable {
  let planes: Int
  let rows: Int
  let columns: Int
  let depth: Int
  /// Rows of one work item.
  let rowsPerItem: Int
  package let columnsPerTile: Int
  package let depthPerTile: Int

  package init(planes: Int, rows: Int, columns: Int, depth: Int) {
    self.planes = planes
    self.rows = rows
    self.columns = columns
    self.depth = depth
    depthPerTile = max(1, min(depth, 512))
    // A packed tile of 128 KiB leaves most of a 512 KiB level 2 to the rows that stream past it. 64 is a multiple of
    // every variant's panel, so that tiles do not depend on the variant.
    let tileFloats = (128 << 10) / 4
    columnsPerTile = max(64, min(tileFloats / depthPerTile, 4096) / 64 * 64)
    // Each item packs its own tiles, at the price of about a row's arithmetic for every two packed rows: 512 rows hide
    // that well. Problems of few planes are cut finer so that threads have work, but not below 96 rows.
    let rowsForSixteenItems = (planes * rows + 15) / 16
    rowsPerItem = min(512, max(96, (rowsForSixteenItems + 95) / 96 * 96))
  }

  var itemsPerPlane: Int { (rows + rowsPerItem - 1) / rowsPerItem }
  package var itemCount: Int { columns == 0 ? 0 : planes * itemsPerPlane }
  /// Floats of a packed tile, whatever the panel's width.
  var packedCount: Int { columnsPerTile * depthPerTile }

  func item(_ index: Int) -> (plane: Int, rows: Range<Int>) {
    let (plane, part) = index.quotientAndRemainder(dividingBy: itemsPerPlane)
    return (plane, part * rowsPerItem..<min(rows, (part + 1) * rowsPerItem))
  }

  /// What an item of `itemRows` rows moves through a fast memory of `capacity` bytes that is empty at its start.
  package func traffic(itemRows: Int, capacity: Int) -> Traffic {
    let columnTiles = (columns + columnsPerTile - 1) / columnsPerTile
    let depthTiles = max(1, (depth + depthPerTile - 1) / depthPerTile)
    let tileColumns = min(columns, columnsPerTile)
    let left = itemRows * depth * 4
    let outputTile = itemRows * tileColumns * 4
    let rightTile = min(depth, depthPerTile) * tileColumns * 4
    var traffic = Traffic(readBytes: depth * columns * 4, writtenBytes: itemRows * columns * 4)
    // Left rows come round once for each tile of columns; what passes between is a tile's worth of everything else.
    let leftStays = left + outputTile + 2 * depthTiles * rightTile <= capacity
    traffic.readBytes += left * (leftStays ? 1 : columnTiles)
    // Sums that do not fit in one sweep over the depth come round once for each tile of depth.
    let leftTile = itemRows * min(depth, depthPerTile) * 4
    let sumsStay = outputTile + leftTile + 2 * rightTile <= capacity
    if depthTiles > 1, !sumsStay {
      traffic.readBytes += (depthTiles - 1) * itemRows * columns * 4
      traffic.writtenBytes += (depthTiles - 1) * itemRows * columns * 4
    }
    return traffic
  }
}
