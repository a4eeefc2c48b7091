import Testing
import TesseraCore

/// dL/d(inputs[name]) for each element, L what `loss` makes of all inputs: (L(x + h) − L(x − h)) / 2h.
func centralDifferences(
  _ name: String, _ inputs: [String: [Double]], step: Double = 1e-5, _ loss: ([String: [Double]]) -> Double
) -> [Double] {
  inputs[name]!.indices.map { index in
    var (above, below) = (inputs, inputs)
    above[name]![index] += step
    below[name]![index] -= step
    return (loss(above) - loss(below)) / (2 * step)
  }
}

/// Σ values · weights: a loss whose gradient is `weights`.
func weighted(_ values: [Double]?, by weights: [Double]) -> Double {
  zip(values!, weights).reduce(0) { $0 + $1.0 * $1.1 }
}
