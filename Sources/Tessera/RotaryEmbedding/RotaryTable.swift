#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The cosines and sines of rotary embedding for the positions 0 ..< positions, computed in double precision and
/// rounded once. Made once, and shared by all plans of a model: a copy of the value shares the memory.
///
/// Pair i of a head is turned by the angle position · frequency[i].
public struct RotaryTable: Sendable {
  public let positions: Int
  /// How many columns of a head are rotated, two to a pair.
  public let rotatedColumns: Int
  /// A row a position: cosines of all pairs, then their sines.
  private let rows: AlignedBuffer<Float>

  public var byteCount: Int { rows.count * MemoryLayout<Float>.stride }

  /// frequency[i] = frequencyScale · base^(−2i / rotatedColumns); Su et al., "RoFormer" (2021). A frequency scale of
  /// 1/s fits s times the positions that a model was trained on into its range (Chen et al. 2023). `divisors`, one a
  /// pair, stretch it unevenly: frequency[i] is divided by divisors[i].
  ///
  /// Throws where the number of columns is negative or odd, that of divisors another than that of pairs, the base not a
  /// positive number, an angle not finite, or the table too large.
  public init(
    positions: Int, rotatedColumns: Int, base: Double = 10000, frequencyScale: Double = 1, divisors: [Float]? = nil
  ) throws(TesseraError) {
    guard rotatedColumns >= 0, rotatedColumns <= maximumElementCount, rotatedColumns % 2 == 0 else {
      throw Self.invalid("rotated columns", expected: "an even number, 0 or more", actual: "\(rotatedColumns)")
    }
    guard base > 0, base.isFinite else {
      throw Self.invalid("base", expected: "a finite number above 0", actual: base.spelled)
    }
    guard frequencyScale.isFinite else {
      throw Self.invalid("frequency scale", expected: "a finite number", actual: frequencyScale.spelled)
    }
    guard divisors == nil || divisors!.count == rotatedColumns / 2 else {
      throw Self.invalid("divisors", expected: "\(rotatedColumns / 2), one a pair", actual: "\(divisors!.count)")
    }
    try self.init(positions: positions, pairs: rotatedColumns / 2) {
      frequencyScale * pow(base, -2 * Double($0) / Double(rotatedColumns)) / Double(divisors?[$0] ?? 1)
    }
  }

  /// A table with a frequency, in radians a position, for each pair: for models that stretch theirs unevenly.
  ///
  /// Throws where an angle of the last position would not be finite, or the table is too large.
  public init(positions: Int, frequencies: [Double]) throws(TesseraError) {
    try self.init(positions: positions, pairs: frequencies.count) { frequencies[$0] }
  }

  private init(positions: Int, pairs: Int, frequency: (Int) -> Double) throws(TesseraError) {
    let columns = 2 * pairs
    guard areWithinSizeLimit(positions, columns) else {
      throw Self.invalid(
        "positions", expected: "0 or more that fit in memory with \(columns) columns", actual: "\(positions)")
    }
    // Whether there is memory is known before anything is as long as the columns.
    rows = try AlignedBuffer(uninitializedCount: positions * columns)
    (self.positions, rotatedColumns) = (positions, columns)
    guard positions > 0 else { return }
    let last = Double(positions - 1)
    for pair in 0..<pairs {
      let frequency = frequency(pair)
      // The sine of an infinite angle is NaN. Position 0 makes NaN of an infinite frequency too.
      guard (last * frequency).isFinite else {
        throw Self.invalid(
          "frequencies", expected: "numbers whose product with the last position, \(positions - 1), is finite",
          actual: "\(frequency.spelled) at \(pair)")
      }
      for position in 0..<positions {
        let angle = Double(position) * frequency
        let row = rows.pointer + position * columns
        (row[pair], row[pairs + pair]) = (Float(cos(angle)), Float(sin(angle)))
      }
    }
  }

  /// The table of the negated angles: rotary embedding with it is the gradient of rotary embedding with this one, and
  /// takes it back. Each bit but the sines' signs is the same. Throws where there is no memory for it.
  public func negated() throws(TesseraError) -> RotaryTable { try RotaryTable(negating: self) }

  private init(negating table: RotaryTable) throws(TesseraError) {
    rows = try AlignedBuffer(uninitializedCount: table.rows.count)
    (positions, rotatedColumns) = (table.positions, table.rotatedColumns)
    for index in 0..<rows.count {
      let isSine = index % rotatedColumns >= rotatedColumns / 2
      rows.elements[index] = isSine ? -table.rows.elements[index] : table.rows.elements[index]
    }
  }

  /// The cosines of a position; the sines follow.
  func row(ofPosition position: Int) -> UnsafePointer<Float> {
    UnsafePointer(rows.pointer) + position * rotatedColumns
  }

  private static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(
      operation: OperatorDescriptor.rotaryEmbedding.name, operand: operand, expected: expected, actual: actual)
  }
}
