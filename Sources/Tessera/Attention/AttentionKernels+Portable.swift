import CTesseraKernels

extension AttentionKernels {
  static let portable = AttentionKernels(
    scale: tsr_f32_attention_scale__portable, softcap: tsr_f32_attention_softcap__portable,
    bias: tsr_f32_attention_bias__portable, alibi: tsr_f32_attention_alibi__portable,
    mask: tsr_f32_attention_mask__portable,
    softmax: tsr_f32_attention_softmax__portable, scores: tsr_f32_attention_scores__portable,
    values: tsr_f32_attention_values__portable, finish: tsr_f32_attention_finish__portable,
    merge: tsr_f32_attention_merge__portable, finite: tsr_f32_attention_finite__portable,
    exp2: tsr_f32_exp2__portable)
}

// The contracts are in tsr_attention.h. `streaming` is a wish that plain Swift cannot grant.

func tsr_f32_attention_scale__portable(
  _ count: Int, _ factor: Float, _ input: UnsafePointer<Float>?, _ output: UnsafeMutablePointer<Float>?
) {
  guard count > 0, let input, let output else { return }
  for column in stride(from: 0, to: count, by: 8) {
    let x = loadLanes(input, at: column, of: count)
    // A product with 1 would change the bits of a signalling NaN.
    storeLanes(factor == 1 ? x : x * factor, to: output, at: column, of: count)
  }
}

func tsr_f32_attention_finish__portable(_ rows: UnsafePointer<tsr_attention_finish_f32>?) {
  let rows = rows!.pointee
  guard rows.columns > 0 else { return }
  for row in 0..<rows.rows {
    let (sums, output) = (rows.sums! + row * rows.columns, rows.output! + row * rows.output_stride)
    let total = rows.totals![row]
    if total == 0 {
      output.update(repeating: 0, count: rows.columns)
    } else {
      tsr_f32_attention_scale__portable(rows.columns, 1 / total, sums, output)
    }
  }
}

func tsr_f32_attention_softcap__portable(_ count: Int, _ cap: Float, _ scores: UnsafeMutablePointer<Float>?) {
  // A cap below 2^−126 would make the factor infinite, and 0 · ∞ NaN.
  let factor = min(2 * portableLog2E / cap, Float.greatestFiniteMagnitude)
  for column in stride(from: 0, to: count, by: 8) {
    let x = loadLanes(scores!, at: column, of: count)
    // With e = exp(2y) − 1 = 2^t − 1, tanh(y) = e / (e + 2): nothing cancels where y is near 0. Where |y| is beyond 10
    // tanh is ±1 in float.
    let e = exponential2Minus1(bounded(x * factor, by: 20 * portableLog2E))
    let capped = cap * (e / (e + 2))
    storeLanes(capped.replacing(with: x, where: x .!= x), to: scores!, at: column, of: count)
  }
}

func tsr_f32_attention_bias__portable(
  _ count: Int, _ bias: UnsafePointer<Float>?, _ scores: UnsafeMutablePointer<Float>?
) {
  for column in stride(from: 0, to: count, by: 8) {
    let sum = loadLanes(scores!, at: column, of: count) + loadLanes(bias!, at: column, of: count)
    storeLanes(sum, to: scores!, at: column, of: count)
  }
}

func tsr_f32_attention_alibi__portable(
  _ count: Int, _ slope: Float, _ distance: Int, _ scores: UnsafeMutablePointer<Float>?
) {
  let lanes = SIMD8<Float>(0, 1, 2, 3, 4, 5, 6, 7)
  for column in stride(from: 0, to: count, by: 8) {
    let apart = lanes + Float(distance + column)
    let bias = multiplyAdd(
      SIMD8(repeating: -slope), apart.replacing(with: -apart, where: apart .< 0),
      loadLanes(scores!, at: column, of: count))
    storeLanes(bias, to: scores!, at: column, of: count)
  }
}

func tsr_f32_attention_mask__portable(
  _ count: Int, _ mask: UnsafePointer<UInt8>?, _ scores: UnsafeMutablePointer<Float>?
) {
  for column in 0..<count where mask![column] == 0 { scores![column] = -.infinity }
}

func tsr_f32_attention_finite__portable(_ count: Int, _ values: UnsafePointer<Float>?) -> Bool {
  // x · 0 is 0, or NaN where x is not finite, which stays in its lane.
  var sums = SIMD8<Float>(repeating: 0)
  for column in stride(from: 0, to: count, by: 8) { sums += loadLanes(values!, at: column, of: count) * 0 }
  return sums.sum() == 0
}

func tsr_f32_exp2__portable(_ count: Int, _ input: UnsafePointer<Float>?, _ output: UnsafeMutablePointer<Float>?) {
  for column in stride(from: 0, to: count, by: 8) {
    storeLanes(exponential2(loadLanes(input!, at: column, of: count)), to: output!, at: column, of: count)
  }
}
