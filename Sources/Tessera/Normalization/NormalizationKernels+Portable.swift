import CTesseraKernels

extension NormalizationKernels {
  static let portable = NormalizationKernels(
    layer_norm: tsr_f32_layer_norm__portable, rms_norm: tsr_f32_rms_norm__portable,
    bias_dropout_residual_layer_norm: tsr_f32_bias_dropout_residual_layer_norm__portable,
    bias_dropout_residual_rms_norm: tsr_f32_bias_dropout_residual_rms_norm__portable)
}

// The contracts are in tsr_normalization.h. `streaming` is a wish that plain Swift cannot grant.

func tsr_f32_layer_norm__portable(_ block: UnsafePointer<tsr_normalization_f32>?) {
  normalizeRows(of: block!.pointee, .layer)
}

func tsr_f32_rms_norm__portable(_ block: UnsafePointer<tsr_normalization_f32>?) {
  normalizeRows(of: block!.pointee, .rootMeanSquare)
}

func tsr_f32_bias_dropout_residual_layer_norm__portable(_ block: UnsafePointer<tsr_normalization_f32>?) {
  normalizeResidualRows(of: block!.pointee, .layer)
}

func tsr_f32_bias_dropout_residual_rms_norm__portable(_ block: UnsafePointer<tsr_normalization_f32>?) {
  normalizeResidualRows(of: block!.pointee, .rootMeanSquare)
}

@inline(__always)
private func normalizeRows(of block: tsr_normalization_f32, _ norm: Norm) {
  guard block.columns > 0 else { return finishEmptyRows(of: block) }
  for row in 0..<block.rows {
    let input = block.input! + row * block.input_stride
    var sums = SIMD8<Float>(repeating: 0)
    forEachEight(of: block.columns) { column, _ in
      sums = norm.adding(loadLanes(input, at: column, of: block.columns), to: sums)
    }
    finishRow(row, of: block, norm, values: input, sum: sums.sum())
  }
}

@inline(__always)
private func normalizeResidualRows(of block: tsr_normalization_f32, _ norm: Norm) {
  guard block.columns > 0 else { return finishEmptyRows(of: block) }
  let count = block.columns
  let drops = block.dropout.threshold > 0
  for row in 0..<block.rows {
    let input = block.input! + row * block.input_stride
    let residual = block.residual! + row * block.residual_stride
    let draws = DropoutRow(block.dropout, row: block.dropout.row &+ UInt32(truncatingIfNeeded: row))
    let (scratch, kept) = (block.scratch!, block.sum.map { $0 + row * block.sum_stride })
    var sums = SIMD8<Float>(repeating: 0)
    forEachEight(of: count) { column, lanes in
      var values = loadLanes(input, at: column, of: count)
      if let bias = block.bias { values += loadLanes(bias, at: column, of: count) }
      if drops { values = draws.apply(values, block: column / 8) }
      values += loadLanes(residual, at: column, of: count)
      storeLanes(values, to: scratch, at: column, of: count)
      if let kept { storeLanes(values, to: kept, at: column, of: count) }
      sums = norm.adding(values.keeping(lanes), to: sums)
    }
    finishRow(row, of: block, norm, values: scratch, sum: sums.sum())
  }
}

extension Norm {
  /// What the first pass adds up: the values for their mean, or their squares.
  @inline(__always)
  fileprivate func adding(_ values: SIMD8<Float>, to sums: SIMD8<Float>) -> SIMD8<Float> {
    switch self {
    case .layer: sums + values
    case .rootMeanSquare: multiplyAdd(values, values, sums)
    }
  }
}

/// The passes over a row that the first has summed up: squared deviations for layer norm, and the result. `values` may
/// be the output's row.
@inline(__always)
private func finishRow(
  _ row: Int, of block: tsr_normalization_f32, _ norm: Norm, values: UnsafePointer<Float>, sum: Float
) {
  let count = block.columns
  let mean = norm == .layer ? sum / Float(count) : 0
  let center = SIMD8<Float>(repeating: mean)
  var squares = SIMD8<Float>(repeating: 0)
  if norm == .layer {
    forEachEight(of: count) { column, lanes in
      let deviation = (loadLanes(values, at: column, of: count) - center).keeping(lanes)
      squares = multiplyAdd(deviation, deviation, squares)
    }
    block.mean?[row] = mean
  }
  let variance = (norm == .layer ? squares.sum() : sum) / Float(count)
  let inverseDeviation = 1 / (variance + block.epsilon).squareRoot()
  block.inverse_deviation?[row] = inverseDeviation
  let weight = block.weight!
  let output = block.output! + row * block.output_stride
  forEachEight(of: count) { column, _ in
    let (value, weights) = (loadLanes(values, at: column, of: count), loadLanes(weight, at: column, of: count))
    let result =
      norm == .layer
      ? multiplyAdd((value - center) * inverseDeviation, weights, loadLanes(block.shift!, at: column, of: count))
      : value * inverseDeviation * weights
    storeLanes(result, to: output, at: column, of: count)
  }
}

/// Rows of no columns have mean and variance 0; their addresses may be null.
private func finishEmptyRows(of block: tsr_normalization_f32) {
  block.mean?.update(repeating: 0, count: block.rows)
  block.inverse_deviation?.update(repeating: 1 / block.epsilon.squareRoot(), count: block.rows)
}
