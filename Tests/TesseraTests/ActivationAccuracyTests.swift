import Foundation
import Tessera
import Testing

/// The activations against double precision, in units of the last place of the exact result, over floats of every
/// exponent and sign: tails, subnormal numbers and the neighbourhood of 0 among them.
@Suite struct ActivationAccuracyTests {
  /// What docs/numerics.md says.
  private static let bounds: [Activation: Double] = [.relu: 0, .gelu: 6, .geluTanh: 4, .silu: 4]

  /// Every 1021st bit pattern; 1021 is prime, so that all exponents have last bits of every kind.
  private static let inputs: [Float] = stride(from: UInt64(0), to: 1 << 32, by: 1021).map {
    Float(bitPattern: UInt32($0))
  }

  private func exact(_ x: Double, _ activation: Activation) -> Double {
    func timesLogistic(_ v: Double) -> Double { v >= 0 ? x / (1 + exp(-v)) : x * exp(v) / (1 + exp(v)) }
    return switch activation {
    case .relu: max(x, 0)
    case .gelu: x / 2 * erfc(-x / 2.0.squareRoot())
    case .geluTanh: timesLogistic(2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))
    case .silu: timesLogistic(x)
    }
  }

  @Test(arguments: Activation.allCases, InstructionSet.available)
  func errorsAreBounded(activation: Activation, instructionSet: InstructionSet) throws {
    let context = try ExecutionContext(pool: WorkerPool(threadCount: 2), instructionSet: instructionSet)
    let inputs = Self.inputs
    var outputs = [Float](repeating: 7, count: inputs.count)
    try activate(
      inputs.span, MatrixLayout(rows: 1, columns: inputs.count), with: activation, output: outputs.mutableSpan,
      context: context)
    var (worst, worstInput, wrong) = (0.0, Float(0), 0)
    for (input, output) in zip(inputs, outputs) {
      guard input.isFinite else {
        let isRight = input.isNaN ? output.isNaN : output == (input > 0 ? .infinity : 0)
        if !isRight { wrong += 1 }
        continue
      }
      let expected = exact(Double(input), activation)
      let unit = max(Double(Float(expected).ulp), Double(Float.leastNonzeroMagnitude))
      let error = abs(Double(output) - expected) / unit
      if !(error <= worst) { (worst, worstInput) = (error, input) }
    }
    #expect(wrong == 0)
    #expect(worst <= Self.bounds[activation]!, "at \(worstInput)")
    print("\(activation), \(instructionSet): at most \(worst) ulp, at \(worstInput)")
  }

  @Test(arguments: InstructionSet.available) func zerosKeepTheirSign(instructionSet: InstructionSet) throws {
    let context = try ExecutionContext(pool: WorkerPool(threadCount: 1), instructionSet: instructionSet)
    for activation in Activation.allCases {
      var zeros: [Float] = [0, -0.0]
      try activate(inPlace: zeros.mutableSpan, MatrixLayout(rows: 1, columns: 2), with: activation, context: context)
      #expect(zeros == [0, 0])
      #expect(zeros[0].sign == .plus)
      #expect(zeros[1].sign == (activation == .relu ? .plus : .minus))
    }
  }
}
