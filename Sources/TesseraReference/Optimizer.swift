import RealModule
import TesseraCore

/// first = β₁ · first + (1 − β₁) · g, second = β₂ · second + (1 − β₂) · g², g = gradientScale · gradient, and
/// parameter = parameter − rate · (weightDecay · parameter + (first / (1 − β₁ᵗ)) / (√(second / (1 − β₂ᵗ)) + ε)).
/// Factors are those of the step in double precision, which the naive computation rounds.
public func adamW<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let step = call.request.adamW
  let (first, second) = (call.input("earlier-first-moments"), call.input("earlier-second-moments"))
  let firstCorrection = Scalar(1 - Double.pow(step.firstDecay, step.step))
  let secondCorrection = Scalar(1 - Double.pow(step.secondDecay, step.step))
  let kept = Scalar(1 - step.learningRate * step.weightDecay)
  var (parameters, firstMoments, secondMoments): ([Scalar], [Scalar], [Scalar]) = ([], [], [])
  for (index, parameter) in call.input("earlier-parameters").enumerated() {
    let gradient = call.input("gradients")[index] * Scalar(step.gradientScale)
    let firstMoment = Scalar(step.firstDecay) * first[index] + Scalar(1 - step.firstDecay) * gradient
    let secondMoment = Scalar(step.secondDecay) * second[index] + Scalar(1 - step.secondDecay) * gradient * gradient
    let divisor = (secondMoment / secondCorrection).squareRoot() + Scalar(step.epsilon)
    firstMoments.append(firstMoment)
    secondMoments.append(secondMoment)
    parameters.append(kept * parameter - Scalar(step.learningRate) * (firstMoment / firstCorrection) / divisor)
  }
  return ["parameters": parameters, "first-moments": firstMoments, "second-moments": secondMoments]
}

/// output = Σ input[r][c]², summed from the first element on.
public func sumOfSquares<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  ["output": [call.input("input").reduce(0) { $0 + $1 * $1 }]]
}
