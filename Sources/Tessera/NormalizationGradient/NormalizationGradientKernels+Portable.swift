import CTesseraKernels

extension NormalizationGradientKernels {
  static let portable = NormalizationGradientKernels(
    layer_norm_gradient: tsr_f32_layer_norm_gradient__portable,
    rms_norm_gradient: tsr_f32_rms_norm_gradient__portable,
    layer_norm_parameter_gradients: tsr_f32_layer_norm_parameter_gradients__portable,
    rms_norm_parameter_gradients: tsr_f32_rms_norm_parameter_gradients__portable)
}

// The contracts are in tsr_normalization_gradient.h. `streaming` is a wish that plain Swift cannot grant.

func tsr_f32_layer_norm_gradient__portable(_ block: UnsafePointer<tsr_normalization_gradient_f32>?) {
  rowGradients(of: block!.pointee, .layer)
}

func tsr_f32_rms_norm_gradient__portable(_ block: UnsafePointer<tsr_normalization_gradient_f32>?) {
  rowGradients(of: block!.pointee, .rootMeanSquare)
}

func tsr_f32_layer_norm_parameter_gradients__portable(
  _ block: UnsafePointer<tsr_normalization_parameter_gradients_f32>?
) {
  parameterGradients(of: block!.pointee, .layer)
}

func tsr_f32_rms_norm_parameter_gradients__portable(
  _ block: UnsafePointer<tsr_normalization_parameter_gradients_f32>?
) {
  parameterGradients(of: block!.pointee, .rootMeanSquare)
}

@inline(__always)
private func rowGradients(of block: tsr_normalization_gradient_f32, _ norm: Norm) {
  let count = block.columns
  guard count > 0 else { return }
  let drops = block.dropout.threshold > 0
  for row in 0..<block.rows {
    let outputGradient = block.output_gradient! + row * block.output_gradient_stride
    let sum = block.sum! + row * block.sum_stride
    let mean = norm == .layer ? block.mean![row] : 0
    let inverseDeviation = block.inverse_deviation![row]
    /// g, and the normalised value.
    func load(_ column: Int, _ lanes: Int) -> (gradient: SIMD8<Float>, x: SIMD8<Float>) {
      let gradient =
        loadLanes(outputGradient, at: column, of: count) * loadLanes(block.weight!, at: column, of: count)
      let x = (loadLanes(sum, at: column, of: count) - mean) * inverseDeviation
      return (gradient, x.keeping(lanes))
    }
    var (gradients, products) = (SIMD8<Float>(repeating: 0), SIMD8<Float>(repeating: 0))
    forEachEight(of: count) { column, lanes in
      let (gradient, x) = load(column, lanes)
      if norm == .layer { gradients += gradient }
      products = multiplyAdd(gradient, x, products)
    }
    let meanGradient = gradients.sum() / Float(count)
    let meanProduct = SIMD8<Float>(repeating: products.sum() / Float(count))
    let draws = DropoutRow(block.dropout, row: block.dropout.row &+ UInt32(truncatingIfNeeded: row))
    forEachEight(of: count) { column, lanes in
      let (gradient, x) = load(column, lanes)
      let centred = norm == .layer ? gradient - meanGradient : gradient
      var result = multiplyAdd(-x, meanProduct, centred) * inverseDeviation
      if let added = block.sum_gradient {
        result += loadLanes(added + row * block.sum_gradient_stride, at: column, of: count)
      }
      storeLanes(
        result, to: block.residual_gradient! + row * block.residual_gradient_stride, at: column, of: count)
      if let output = block.input_gradient {
        if drops { result = draws.apply(result, block: column / 8) }
        storeLanes(result, to: output + row * block.input_gradient_stride, at: column, of: count)
      }
    }
  }
}

@inline(__always)
private func parameterGradients(of block: tsr_normalization_parameter_gradients_f32, _ norm: Norm) {
  let count = block.columns
  block.weight_gradient!.update(repeating: 0, count: count)
  block.shift_gradient?.update(repeating: 0, count: count)
  block.bias_gradient?.update(repeating: 0, count: count)
  guard count > 0 else { return }
  for row in 0..<block.rows {
    let outputGradient = block.output_gradient! + row * block.output_gradient_stride
    let sum = block.sum! + row * block.sum_stride
    let mean = norm == .layer ? block.mean![row] : 0
    let inverseDeviation = block.inverse_deviation![row]
    forEachEight(of: count) { column, _ in
      func accumulate(_ terms: SIMD8<Float>, to sums: UnsafeMutablePointer<Float>) {
        storeLanes(loadLanes(sums, at: column, of: count) + terms, to: sums, at: column, of: count)
      }
      var gradient = loadLanes(outputGradient, at: column, of: count)
      if let second = block.second_gradient {
        gradient += loadLanes(second + row * block.second_gradient_stride, at: column, of: count)
        storeLanes(gradient, to: block.gradient_sum! + row * block.gradient_sum_stride, at: column, of: count)
        let inputGradient = block.input_gradient! + row * block.input_gradient_stride
        accumulate(loadLanes(inputGradient, at: column, of: count), to: block.bias_gradient!)
      }
      let x = (loadLanes(sum, at: column, of: count) - mean) * inverseDeviation
      accumulate(gradient * x, to: block.weight_gradient!)
      if norm == .layer { accumulate(gradient, to: block.shift_gradient!) }
    }
  }
}
