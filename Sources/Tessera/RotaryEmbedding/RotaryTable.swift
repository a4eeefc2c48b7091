#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The cosines and sines of rotary embedding for the positions 0 ..< positions, computed in double precision and rounded
/// once. Made once, and shared by all plans of a model: a copy of the value shares the memory.
///
/// Pair i of a head is turned by the angle position · frequency[i].
public struct RotaryTable: Sendable {
  public let positions: Int
  /// How many columns of a head are rotated, two to a pair.
  public let rotatedColumns: Int
  /// A row a position: cosines of all pairs, then their sines.
  private let rows: AlignedBuffer<Float>

  public var byteCount: Int { rows.count * MemoryLayout<Float>.stride }

  /// frequency[i] = frequencyScale · base^(−2i / rotatedColumns); Su et al., "RoFormer" (2021). A frequency scale of 1/s
  /// fits s times the positions that a model was trained on into its range (Chen et al. 2023).
  ///
  /// Throws where the number of columns is negative or odd, the base not a positive number, an angle not finite, or the
  /// table too large.
  public init(
    positions: Int, rotatedColumns: Int, base: Double = 10000, frequencyScale: Double = 1
  ) throws(TesseraError) {
    guard rotatedColumns >= 0, rotatedColumns <= maximumElementCount, rotatedColumns % 2 == 0 else {
      throw Self.invalid("rotated columns", expected: "an even number, 0 or more", actual: "\(rotatedColumns)")
    }
    guard base > 0, base.isFinite else {
      throw Self.invalid("base", expected: "a finite number above 0", actual: "\(base)")
    }
    guard frequencyScale.isFinite else {
      throw Self.invalid("frequency scale", expected: "a finite number", actual: "\(frequencyScale)")
    }
    try Self.check(positions: positions, rotatedColumns: rotatedColumns)
    try self.init(
      positions: positions,
      frequencies: (0..<rotatedColumns / 2).map {
        frequencyScale * pow(base, -2 * Double($0) / Double(rotatedColumns))
      })
  }

  /// With a frequency, in radians a position, for each pair: for models that stretch theirs unevenly.
  ///
  /// Throws where an angle of the last position would not be finite, or the table is too large.
  public init(positions: Int, frequencies: [Double]) throws(TesseraError) {
    let (half, columns) = (frequencies.count, 2 * frequencies.count)
    try Self.check(positions: positions, rotatedColumns: columns)
    // The sine of an infinite angle is NaN. Position 0 makes NaN of an infinite frequency too.
    let last = Double(max(0, positions - 1))
    if let index = frequencies.firstIndex(where: { !(last * $0).isFinite }) {
      throw Self.invalid(
        "frequencies", expected: "numbers whose product with the last position, \(Int(last)), is finite",
        actual: "\(frequencies[index]) at \(index)")
    }
    (self.positions, rotatedColumns) = (positions, columns)
    rows = try AlignedBuffer(uninitializedCount: positions * columns)
    for position in 0..<positions {
      let row = rows.pointer + position * columns
      for (pair, frequency) in frequencies.enumerated() {
        let angle = Double(position) * frequency
        (row[pair], row[half + pair]) = (Float(cos(angle)), Float(sin(angle)))
      }
    }
  }

  /// The cosines of a position; the sines follow.
  func row(ofPosition position: Int) -> UnsafePointer<Float> {
    UnsafePointer(rows.pointer) + position * rotatedColumns
  }

  private static func check(positions: Int, rotatedColumns: Int) throws(TesseraError) {
    guard areWithinSizeLimit(positions, rotatedColumns) else {
      throw invalid(
        "positions", expected: "0 or more that fit in memory with \(rotatedColumns) columns", actual: "\(positions)")
    }
  }

  private static func invalid(_ operand: String, expected: String, actual: String) -> TesseraError {
    .invalidOperand(
      operation: OperatorDescriptor.rotaryEmbedding.name, operand: operand, expected: expected, actual: actual)
  }
}
