import Tessera
import TesseraReference
import TesseraVerify

/// What a call over ranges reads besides keys and values, where its problem's layouts say.
struct RangesOperands {
  let queries: [Float]
  /// NaN in the columns that no sequence has keys for.
  let bias: [Float]?
  let mask: [UInt8]?
  let slopes, sinks: [Float]?

  init(_ problem: AttentionProblem, seed: UInt64) {
    func numbers(_ count: Int, _ stream: UInt64) -> [Float] {
      var numbers = [Float](repeating: 0, count: count)
      numbers.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed ^ stream << 32) }
      return numbers
    }
    queries = numbers(problem.queries.requiredCount!, 0)
    let longest = problem.keyLengths?.max() ?? problem.keyLength
    bias = problem.bias.map { layout in
      // Visible with probability 0, here and there.
      var bias = numbers(layout.requiredCount!, 1).map { $0 < -0.9 ? -.infinity : $0 * 2 }
      for plane in 0..<layout.planes {
        for row in 0..<layout.rows {
          let start = layout.start(ofPlane: plane) + row * layout.rowStride
          for column in longest..<layout.columns { bias[start + column] = .nan }
        }
      }
      return bias
    }
    mask = problem.booleanMask.map { layout in numbers(layout.requiredCount!, 2).map { $0 < -1 / 3 ? 0 : 255 } }
    slopes = problem.slopes == nil ? nil : numbers(problem.slopeCount, 3).map { $0 / 4 }
    sinks = problem.hasSinks ? numbers(problem.sinkCount, 4).map { $0 * 4 } : nil
  }

  /// The output, and the log-sum-exps where the problem has them. `keys` and `values` are planes of the problem's
  /// `keyLength` rows.
  func expected(_ problem: AttentionProblem, _ keys: [Double], _ values: [Double]) throws -> [ExpectedOutput] {
    var verificationCase = try VerificationCase(problem)
    verificationCase.comparesByTerms = true
    let request = verificationCase.request
    var inputs = ["queries": gathered(queries, problem.queries), "slopes": slopes ?? [], "sinks": sinks ?? []]
    if let bias, let layout = problem.bias { inputs["bias"] = gathered(bias, layout) }
    if let mask, let layout = problem.booleanMask { inputs["mask"] = gathered(mask, layout).map { Float($0) } }
    var exact = inputs.mapValues { $0.map { Double($0) } }
    (exact["keys"], exact["values"]) = (keys, values)
    (inputs["keys"], inputs["values"]) = (keys.map { Float($0) }, values.map { Float($0) })
    let oracle = attention(ReferenceCall<Double>(request, inputs: exact))
    let naive = attention(ReferenceCall<Float>(request, inputs: inputs))
    let outputs = OperatorDescriptor.attention.writes(in: problem.writesLogSumExp ? .training : .inference)
    return outputs.map { ExpectedOutput($0, in: verificationCase, oracle: oracle, naive: naive[$0.name]!) }
  }
}

/// Elements in the order planes, rows, columns.
func gathered<Element>(_ elements: [Element], _ layout: BatchedMatrixLayout) -> [Element] {
  (0..<layout.planes).flatMap { plane in
    (0..<layout.rows).flatMap { row in
      let first = layout.start(ofPlane: plane) + row * layout.rowStride
      return elements[first..<first + layout.columns]
    }
  }
}
