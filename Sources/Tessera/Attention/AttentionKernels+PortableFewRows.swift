import CTesseraKernels

/// The contract is in tsr_attention.h.
func tsr_f32_attention_scores__portable(_ tile: UnsafePointer<tsr_attention_scores_f32>?) {
  let tile = tile!.pointee
  guard tile.count > 0 else { return }
  for first in stride(from: 0, to: tile.rows, by: 4) {
    let queries = tile.queries.map { $0 + first * tile.depth }
    let scores = tile.scores! + first * tile.scores_stride
    for key in 0..<tile.count {
      let row = tile.keys.map { $0 + key * tile.keys_stride }
      let rows = min(4, tile.rows - first)
      let sums = products(of: queries, with: row, depth: tile.depth, rows: rows)
      for r in 0..<rows { scores[r * tile.scores_stride + key] = sums[r] }
    }
  }
}

/// The products of up to four queries with one key; lanes past `rows` hold the first one's.
@inline(__always)
private func products(
  of queries: UnsafePointer<Float>?, with key: UnsafePointer<Float>?, depth: Int, rows: Int
) -> SIMD4<Float> {
  guard depth > 0, let query0 = queries, let key else { return SIMD4(repeating: 0) }
  let query1 = query0 + (rows > 1 ? depth : 0)
  let query2 = query0 + (rows > 2 ? 2 * depth : 0)
  let query3 = query0 + (rows > 3 ? 3 * depth : 0)
  let zero = SIMD8<Float>(repeating: 0)
  var (sum0, sum1, sum2, sum3) = (zero, zero, zero, zero)
  for d in stride(from: 0, to: depth, by: 8) {
    let x = loadLanes(key, at: d, of: depth)
    sum0 = multiplyAdd(loadLanes(query0, at: d, of: depth), x, sum0)
    if rows > 1 {
      sum1 = multiplyAdd(loadLanes(query1, at: d, of: depth), x, sum1)
      sum2 = multiplyAdd(loadLanes(query2, at: d, of: depth), x, sum2)
      sum3 = multiplyAdd(loadLanes(query3, at: d, of: depth), x, sum3)
    }
  }
  return SIMD4(sum0.sum(), sum1.sum(), sum2.sum(), sum3.sum())
}

/// The contract is in tsr_attention.h, but for the rounding of a product, which off arm64 comes before the sum's.
func tsr_f32_attention_values__portable(_ tile: UnsafePointer<tsr_attention_values_f32>?) {
  let tile = tile!.pointee
  // Keys that stay in the first-level cache while every row takes its sums from them: 8 KiB.
  let chunk = max(1, 2048 / max(1, tile.columns))
  for first in stride(from: 0, to: tile.count, by: chunk) {
    for row in 0..<tile.rows {
      addWeighted(tile, row: row, keys: first..<min(first + chunk, tile.count))
    }
  }
}

/// One row's sums over a run of keys, each a chain over the keys in ascending order.
@inline(__always)
private func addWeighted(_ tile: tsr_attention_values_f32, row: Int, keys: Range<Int>) {
  let weights = tile.weights! + row * tile.weights_stride
  for column in stride(from: 0, to: tile.columns, by: 8) {
    let output = tile.output! + row * tile.columns
    var sum = loadLanes(output, at: column, of: tile.columns)
    for key in keys {
      let value = loadLanes(tile.values! + key * tile.values_stride, at: column, of: tile.columns)
      sum = multiplyAdd(SIMD8(repeating: weights[key]), value, sum)
    }
    storeLanes(sum, to: output, at: column, of: tile.columns)
  }
}
