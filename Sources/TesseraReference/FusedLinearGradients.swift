import RealModule
import TesseraCore

/// input-gradient[r][k] as `biasActivationDropoutGradient` makes it of Σ_c output-gradient[r][c] · weight[c][k];
/// inference does not drop. `input-gradient-terms` is the same made of Σ_c |output-gradient[r][c] · weight[c][k]|,
/// without its sign.
public func linearInputGradientActivationDropout<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let ofInput = linearInputGradient(call)
  func through(_ gradient: [Scalar]) -> [Scalar] {
    var after = call
    after.request.extents = [.planes: 1, .rows: call.extents[.rows], .columns: call.extents[.depth]]
    after.inputs = ["output-gradient": gradient]
    after.inputs["output"] = call.inputs["activation-output"]
    after.inputs["input"] = call.inputs["activation-input"]
    after.inputs["bias"] = call.inputs["bias"]
    return biasActivationDropoutGradient(after)["input-gradient"]!
  }
  return [
    "input-gradient": through(ofInput["input-gradient"]!),
    "input-gradient-terms": through(ofInput["input-gradient-terms"]!).map(\.magnitude),
  ]
}

/// input-gradient[r][k] = Σ_c output-gradient[r][c] · weight[c][k] + residual[r][k]; `input-gradient-terms` are those
/// of the sum, and the residual, without their signs.
public func linearInputGradientResidual<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (ofInput, residual) = (linearInputGradient(call), call.input("residual"))
  return [
    "input-gradient": zip(ofInput["input-gradient"]!, residual).map { $0 + $1 },
    "input-gradient-terms": zip(ofInput["input-gradient-terms"]!, residual).map { $0 + $1.magnitude },
  ]
}

/// gate-gradient and up-gradient as `gatedActivationGradient` makes them of Σ_c output-gradient[r][c] · weight[c][k];
/// `-terms` of each are the same made of Σ_c |output-gradient[r][c] · weight[c][k]|, without the slope and the signs.
public func linearInputGradientGatedActivation<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let ofInput = linearInputGradient(call)
  func through(_ gradient: [Scalar]) -> [String: [Scalar]] {
    var after = call
    after.inputs["output-gradient"] = gradient
    return gatedActivationGradient(call.request.activation, after)
  }
  var result = through(ofInput["input-gradient"]!)
  let terms = through(ofInput["input-gradient-terms"]!)
  result["gate-gradient-terms"] = terms["gate-gradient-terms"]
  result["up-gradient-terms"] = terms["up-gradient"]!.map(\.magnitude)
  return result
}
