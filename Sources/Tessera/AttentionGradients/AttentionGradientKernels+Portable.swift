import CTesseraKernels

extension AttentionGradientKernels {
  static let portable = AttentionGradientKernels(
    score_gradients: tsr_f32_attention_score_gradients__portable,
    row_products: tsr_f32_attention_row_products__portable)
}

/// The contract is in tsr_attention_gradients.h, but for the rounding of products, which off arm64 comes before the
/// sum's.
func tsr_f32_attention_score_gradients__portable(
  _ count: Int, _ rows: UnsafePointer<tsr_attention_score_gradients_f32>?
) {
  for index in 0..<count {
    let row = rows![index]
    guard row.count > 0, let scores = row.scores, let gradients = row.gradients else { continue }
    // From the block of decisions that the first visible column lies in.
    for column in stride(from: row.first & ~7, to: row.last, by: 8) {
      scoreGradientsStep(row, scores, gradients, at: column)
    }
    let first = min(row.first, row.last)
    scores.update(repeating: 0, count: first)
    gradients.update(repeating: 0, count: first)
    (scores + row.last).update(repeating: 0, count: row.count - row.last)
    (gradients + row.last).update(repeating: 0, count: row.count - row.last)
  }
}

@inline(__always)
private func scoreGradientsStep(
  _ row: tsr_attention_score_gradients_f32, _ scores: UnsafeMutablePointer<Float>,
  _ gradients: UnsafeMutablePointer<Float>, at column: Int
) {
  let score = loadLanes(scores, at: column, of: row.last)
  let exponent = multiplyAdd(score, SIMD8(repeating: row.scale), SIMD8(repeating: -row.log_sum_exp))
  let probability = exponential2(exponent * portableLog2E)
  var weight = probability
  var gradient = loadLanes(gradients, at: column, of: row.last)
  if let dropout = row.dropout?.pointee {
    // A product, so that a dropped probability that is NaN stays so.
    let draws = DropoutRow(dropout, row: dropout.row)
    let z = draws.apply(SIMD8(repeating: 1), block: (Int(row.column) + column) / 8)
    weight *= z
    gradient *= z
  }
  gradient = probability * (gradient - row.delta)
  var softmaxGradient = gradient
  if let capped = row.capped {
    let t = loadLanes(capped, at: column, of: row.last) / row.cap
    gradient *= 1 - t * t
  }
  gradient *= row.factor
  if let mask = row.mask {
    for lane in 0..<min(8, row.last - column) where mask[column + lane] == 0 {
      weight[lane] = 0
      gradient[lane] = 0
      softmaxGradient[lane] = 0
    }
  }
  storeLanes(weight, to: scores, at: column, of: row.last)
  storeLanes(gradient, to: gradients, at: column, of: row.last)
  if let softmaxGradients = row.softmax_gradients {
    storeLanes(softmaxGradient, to: softmaxGradients, at: column, of: row.last)
  }
}

/// The contract is in tsr_attention_gradients.h.
func tsr_f32_attention_row_products__portable(_ rows: UnsafePointer<tsr_attention_row_products_f32>?) {
  let rows = rows!.pointee
  for row in 0..<rows.rows {
    var sum = SIMD8<Float>(repeating: 0)
    if rows.columns > 0 {
      let (left, right) = (rows.left! + row * rows.left_stride, rows.right! + row * rows.right_stride)
      for column in stride(from: 0, to: rows.columns, by: 8) {
        sum = multiplyAdd(
          loadLanes(left, at: column, of: rows.columns), loadLanes(right, at: column, of: rows.columns), sum)
      }
    }
    rows.products[row] = sum.sum()
  }
}
