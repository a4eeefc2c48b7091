import Tessera
import TesseraReference
import TesseraVerify

/// Stored keys or values of a recipe: rows in ranges that lie in any order, with what is not a number everywhere else.
struct RangesMemory {
  /// Where each range begins, in elements: by sequence, in the order of its keys.
  var offsets: [[Int]] = []
  var strides: KeyValueRanges.Strides
  var bytes: [UInt8]
  /// What the rows hold, sequences × heads × the problem's keys × columns.
  var elements: [Double]

  /// `columns` of a row; `gap` elements follow each.
  init(_ recipe: RangesRecipe, keyLength: Int, columns: Int, gap: Int, seed: UInt64) {
    let (type, heads) = (recipe.storedType, recipe.heads)
    var source = DrawingSource(seed: recipe.places ^ seed << 32, stream: 0)
    let ranges = recipe.lengths.indices.flatMap { sequence in
      recipe.ranges(ofSequence: sequence).map { (sequence: sequence, keys: $0) }
    }
    let row = (recipe.headsLieApart ? 1 : heads) * columns + gap
    // Rows before each range; a range of a sequence may lie anywhere.
    var rows = Int.random(in: 0...2, using: &source)
    var starts = [Int](repeating: 0, count: ranges.count)
    for index in ranges.indices.shuffled(using: &source) {
      starts[index] = rows
      rows += ranges[index].keys.count + Int.random(in: 0...2, using: &source)
    }
    strides = .init(row: row, head: recipe.headsLieApart ? rows * row : columns)
    // In every type all bits set make a number that is none.
    bytes = [UInt8](
      repeating: 0xFF, count: type.byteOffset(ofElement: rows * row * (recipe.headsLieApart ? heads : 1)))
    // Keys past a sequence's length take part in nothing.
    elements = [Double](repeating: .nan, count: recipe.lengths.count * heads * keyLength * columns)
    offsets = recipe.lengths.map { _ in [] }
    let rowBytes = type.byteOffset(ofElement: columns)
    var stored = [UInt8](repeating: 0, count: rowBytes)
    var count: UInt64 = 0
    for (start, range) in zip(starts, ranges) {
      offsets[range.sequence].append(start * row)
      for key in range.keys {
        for head in 0..<heads {
          count += 1
          stored.withUnsafeMutableBytes { fillStored($0, as: type, seed: seed << 40 | count) }
          let element = (start + key - range.keys.lowerBound) * row + head * strides.head
          bytes.replaceSubrange(
            type.byteOffset(ofElement: element)..<type.byteOffset(ofElement: element) + rowBytes, with: stored)
          let place = ((range.sequence * heads + head) * keyLength + key) * columns
          for column in 0..<columns {
            let (block, index) = column.quotientAndRemainder(dividingBy: type.blockElements)
            elements[place + column] = storedElement(
              index, of: Array(stored[block * type.blockBytes..<(block + 1) * type.blockBytes]), format: type.name)
          }
        }
      }
    }
  }
}

extension RangesRecipe {
  /// The keys of each range of a sequence.
  func ranges(ofSequence sequence: Int) -> [Range<Int>] {
    var (found, first, turn): ([Range<Int>], Int, Int) = ([], 0, 0)
    while first < lengths[sequence] {
      let end = min(lengths[sequence], first + granules[turn % granules.count] * KeyValueRanges.granule)
      found.append(first..<end)
      (first, turn) = (end, turn + 1)
    }
    return found
  }
}
