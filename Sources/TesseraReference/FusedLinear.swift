import RealModule
import TesseraCore

/// queries, keys and values as `attentionInputBias` makes them of Σ_k input[b·L + i][k] · weight[c][k].
public func linearAttentionInputBias<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let extents = call.extents
  var product = call
  product.request.extents = [
    .rows: extents[.batch] * extents[.queryLength],
    .columns: (extents[.queryHeads] + 2 * extents[.keyValueHeads]) * extents[.headDimension], .depth: extents[.depth],
  ]
  var split = call
  split.inputs["input"] = linear(product)["output"]!
  return attentionInputBias(split)
}

/// output[r][c] = dropout(activation(activation-input[r][c] + bias[c])), activation-input[r][c] = Σ_k input[r][k] ·
/// weight[c][k]; inference does not drop.
public func linearBiasActivationDropout<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let onResult = call.onLinearResult
  return biasActivationDropout(onResult).merging(["activation-input": onResult.input("input")]) { output, _ in output }
}

/// output[r][c] = dropout(Σ_k input[r][k] · weight[c][k] + bias[c]) + residual[r][c]; inference does not drop.
public func linearBiasDropoutResidual<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] { biasDropoutResidual(call.onLinearResult) }

/// output[r] = layerNorm(sum[r]), sum[r][c] = dropout(Σ_k input[r][k] · weight[c][k] + bias[c]) + residual[r][c].
public func linearBiasDropoutResidualLayerNorm<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] { biasDropoutResidualLayerNorm(call.onLinearResult) }

/// The same with RMS norm.
public func linearBiasDropoutResidualRMSNorm<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] { biasDropoutResidualRMSNorm(call.onLinearResult) }

/// output[r][c] = Σ_k input[r][k] · weight[c][k] + residual[r][c]
public func linearResidual<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  residual(call.onLinearResult)
}

/// output[r][c] = activation(gate[r][c]) · up[r][c], both of them linear maps of the input.
public func linearGatedActivation<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  func product(_ weight: String) -> [Scalar] {
    var product = call
    product.inputs["weight"] = call.inputs[weight]
    return linear(product)["output"]!
  }
  let (gate, up) = (product("gate-weight"), product("up-weight"))
  return ["output": zip(gate, up).map { activated($0, call.request.activation) * $1 }, "gate": gate, "up": up]
}

extension ReferenceCall {
  /// The call of what follows a linear map, whose input is the map's result.
  fileprivate var onLinearResult: ReferenceCall {
    var result = self
    result.inputs["input"] = linear(self)["output"]!
    for parameter in ["weight", "shift"] { result.inputs[parameter] = inputs["norm-" + parameter] }
    return result
  }
}
