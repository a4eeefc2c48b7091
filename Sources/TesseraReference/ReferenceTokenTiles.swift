/// Rows of numbers, one a token, laid out so that a linear map takes each row of its weight once and sixteen tokens at
/// a time: column by column, the sixteen side by side. Each sum is over k = 0 upwards, as the oracle's `linear` has it.
struct ReferenceTokenTiles {
  private let count: Int
  private let columns: Int
  /// tiles × columns; what is past the last token is 0.
  private var tiles: [SIMD16<Double>]

  /// `rows`: count rows, one after the other.
  init(_ rows: [Double], count: Int) {
    self.count = count
    columns = count == 0 ? 0 : rows.count / count
    tiles = Array(repeating: .zero, count: (count + 15) / 16 * columns)
    for token in 0..<count {
      for column in 0..<columns { tiles[token / 16 * columns + column][token % 16] = rows[token * columns + column] }
    }
  }

  /// output[t][c] = Σ_k row t[k] · weight(c)[k], count × outputs.
  func mapped(columns outputs: Int, weight: (_ column: Int) -> [Double]) -> [Double] {
    var output = [Double](repeating: 0, count: count * outputs)
    for column in 0..<outputs {
      let weights = weight(column)
      precondition(weights.count == columns, "expected \(columns) weights, got \(weights.count)")
      for first in stride(from: 0, to: count, by: 16) {
        let sums = products(first / 16, weights)
        for place in 0..<min(16, count - first) { output[(first + place) * outputs + column] = sums[place] }
      }
    }
    return output
  }

  private func products(_ tile: Int, _ weights: [Double]) -> SIMD16<Double> {
    var sums = SIMD16<Double>.zero
    tiles.withUnsafeBufferPointer { tiles in
      weights.withUnsafeBufferPointer { weights in
        for k in 0..<columns { sums += tiles[tile * columns + k] * weights[k] }
      }
    }
    return sums
  }
}
