import RealModule
import TesseraCore

/// losses[r] = −Σ_c q[c] · ln p[c], p = softmax of Σ_k input[r][k] · weight[c][k], q = (1 − s) at the target plus s /
/// columns everywhere; 0 of an ignored target. loss = scale · Σ losses, of the mean over the rows that count; and its
/// gradients by input and weight, begun with the earlier one of a call in place. Of each there are `-terms`: what is
/// added up without signs, with what the rounding of a logit makes of a probability.
public func linearCrossEntropy<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (rows, columns, depth) = (call.extents[.rows], call.extents[.columns], call.extents[.depth])
  let (input, weight, options) = (call.input("input"), call.input("weight"), call.request.crossEntropy)
  let smoothing = Scalar(options.labelSmoothing)
  let targets = call.input("targets").map { Int($0) }
  let counted = targets.filter { $0 != Int(options.ignoredTarget) }.count
  let factor: Scalar
  switch options.reduction {
  case .sum: factor = Scalar(options.scale)
  case .mean: factor = counted > 0 ? Scalar(options.scale) / Scalar(counted) : 0
  }
  let isOnto = call.request.isInPlace && call.request.mode == .training
  var (losses, lossTerms) = ([Scalar](repeating: 0, count: rows), [Scalar](repeating: 0, count: rows))
  var inputGradient = [Scalar](repeating: 0, count: rows * depth)
  var weightGradient =
    isOnto ? call.input("earlier-weight-gradient") : [Scalar](repeating: 0, count: columns * depth)
  var (inputTerms, weightTerms) = (inputGradient, weightGradient.map(\.magnitude))
  for row in 0..<rows where targets[row] != Int(options.ignoredTarget) {
    var (logits, largestTerms): ([Scalar], Scalar) = ([], 1)
    for column in 0..<columns {
      var (logit, terms): (Scalar, Scalar) = (0, 0)
      for k in 0..<depth {
        logit += input[row * depth + k] * weight[column * depth + k]
        terms += (input[row * depth + k] * weight[column * depth + k]).magnitude
      }
      logits.append(logit)
      largestTerms = max(largestTerms, terms)
    }
    let isWhole = logits.allSatisfy { !$0.isNaN && $0 != .infinity } && logits.contains { $0 > -.infinity }
    let maximum = isWhole ? logits.max()! : .nan
    let exponentials = logits.map { Scalar.exp($0 - maximum) }
    let sum = exponentials.reduce(0, +)
    var loss = Scalar.log(sum)
    if smoothing < 1 { loss += (1 - smoothing) * (maximum - logits[targets[row]]) }
    if smoothing > 0 { loss += smoothing * logits.reduce(0) { $0 + (maximum - $1) } / Scalar(columns) }
    losses[row] = loss
    lossTerms[row] = loss.magnitude + largestTerms
    for column in 0..<columns {
      let probability = exponentials[column] / sum
      let wanted = (column == targets[row] ? 1 - smoothing : 0) + smoothing / Scalar(columns)
      let gradient = factor * (probability - wanted)
      let terms = (factor * (probability * largestTerms + wanted)).magnitude
      for k in 0..<depth {
        inputGradient[row * depth + k] += gradient * weight[column * depth + k]
        inputTerms[row * depth + k] += terms * weight[column * depth + k].magnitude
        weightGradient[column * depth + k] += gradient * input[row * depth + k]
        weightTerms[column * depth + k] += terms * input[row * depth + k].magnitude
      }
    }
  }
  return [
    "losses": losses, "losses-terms": lossTerms, "loss": [factor * losses.reduce(0, +)],
    "loss-terms": [factor.magnitude * lossTerms.reduce(0, +)], "input-gradient": inputGradient,
    "input-gradient-terms": inputTerms, "weight-gradient": weightGradient, "weight-gradient-terms": weightTerms,
  ]
}
