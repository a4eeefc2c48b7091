import Foundation
import Tessera

/// Attention with a modifier and its gradients from the definition: plain loops in Float64, over operands without gaps.
struct ModifiedAttention {
  let call: AttentionGradientCall
  let rule: ScoreRule
  var queries, keys, values: [Double]

  struct Passes {
    var output, logSumExp, queries, keys, values, bias, slopes, sinks: [Double]

    var asFloats: AttentionGradientCall.Passes {
      AttentionGradientCall.Passes(
        forward: AttentionCall.Result(output: output.map { Float($0) }, logSumExp: logSumExp.map { Float($0) }),
        gradients: AttentionGradientCall.Result(
          queries: queries.map { Float($0) }, keys: keys.map { Float($0) }, values: values.map { Float($0) },
          bias: bias.map { Float($0) }, slopes: slopes.map { Float($0) }, sinks: sinks.map { Float($0) }))
    }
  }

  init(_ call: AttentionGradientCall, _ rule: ScoreRule) {
    (self.call, self.rule) = (call, rule)
    (queries, keys) = (call.forward.queries.map { Double($0) }, call.forward.keys.map { Double($0) })
    values = call.forward.values.map { Double($0) }
  }

  private var problem: AttentionProblem { call.problem }

  /// Σ output-gradient · output
  var loss: Double { zip(call.outputGradient, passes().output).reduce(0) { $0 + Double($1.0) * $1.1 } }

  func passes() -> Passes {
    let rows = problem.batch * problem.queryHeads * problem.queryLength
    let (depth, columns) = (problem.headDimension, problem.valueDimension)
    func zeros(_ like: [Double]) -> [Double] { [Double](repeating: 0, count: like.count) }
    var passes = Passes(
      output: [Double](repeating: 0, count: rows * columns), logSumExp: [Double](repeating: -.infinity, count: rows),
      queries: zeros(queries), keys: zeros(keys), values: zeros(values),
      bias: [Double](repeating: 0, count: problem.gradients.bias == nil ? 0 : rows * problem.keyLength),
      slopes: [Double](repeating: 0, count: problem.slopeCount),
      sinks: [Double](repeating: 0, count: problem.hasSinks ? problem.queryHeads : 0))
    for place in 0..<rows {
      let (plane, query) = place.quotientAndRemainder(dividingBy: problem.queryLength)
      let (sequence, head) = plane.quotientAndRemainder(dividingBy: problem.queryHeads)
      let sharedPlane = sequence * problem.keyValueHeads + head / (problem.queryHeads / problem.keyValueHeads)
      let pairs = row(sequence: sequence, head: head, query: query, sharedPlane: sharedPlane)
      let sink = call.forward.sinks.map { Double($0[head]) } ?? -.infinity
      let largest = pairs.reduce(sink) { max($0, $1.score) }
      guard largest > -.infinity else { continue }
      let total = pairs.reduce(exp(sink - largest)) { $0 + exp($1.score - largest) }
      let logSumExp = largest + log(total)
      passes.logSumExp[place] = logSumExp
      for pair in pairs {
        let weight = exp(pair.score - logSumExp) * pair.kept
        for column in 0..<columns {
          passes.output[place * columns + column] += weight * values[pair.place * columns + column]
        }
      }
      let gradient = (0..<columns).map { Double(call.outputGradient[place * columns + $0]) }
      let delta = (0..<columns).reduce(0) { $0 + gradient[$1] * passes.output[place * columns + $1] }
      if problem.hasSinks { passes.sinks[head] -= exp(sink - logSumExp) * delta }
      for pair in pairs {
        let probability = exp(pair.score - logSumExp)
        var product = 0.0
        for column in 0..<columns {
          product += gradient[column] * values[pair.place * columns + column]
          passes.values[pair.place * columns + column] += probability * pair.kept * gradient[column]
        }
        let ofScore = probability * (pair.kept * product - delta)
        if problem.gradients.bias != nil { passes.bias[pair.element] += ofScore * pair.modifierSlope }
        if problem.slopes != nil {
          passes.slopes[problem.slopes == .perHead ? head : plane] -= ofScore * pair.modifierSlope * pair.distance
        }
        let change = ofScore * pair.slope * Double(problem.scale)
        for d in 0..<depth {
          passes.queries[place * depth + d] += change * keys[pair.place * depth + d]
          passes.keys[pair.place * depth + d] += change * queries[place * depth + d]
        }
      }
    }
    return passes
  }

  /// A query with a key that it sees.
  private struct Pair {
    /// The key's row among those of all planes.
    var place: Int
    var score: Double
    /// The derivative of the score by scale · q · k.
    var slope: Double
    /// The modifier's part of it.
    var modifierSlope: Double
    /// The pair's among all queries' keys.
    var element: Int
    var distance: Double
    /// What dropout multiplies the probability by.
    var kept: Double
  }

  private func row(sequence: Int, head: Int, query: Int, sharedPlane: Int) -> [Pair] {
    let (depth, plane) = (problem.headDimension, sequence * problem.queryHeads + head)
    let queryRow = plane * problem.queryLength + query
    let length = problem.keyLengths?[sequence] ?? problem.keyLength
    let start = problem.queryOffsets?[sequence] ?? (isTopLeft ? 0 : length - problem.queryLength)
    return (0..<length).compactMap { key in
      let (place, element) = (sharedPlane * problem.keyLength + key, queryRow * problem.keyLength + key)
      guard sees(key, from: start + query), (call.forward.mask?[element] ?? 1) != 0 else { return nil }
      var score = 0.0
      for d in 0..<depth { score += queries[queryRow * depth + d] * keys[place * depth + d] }
      score *= Double(problem.scale)
      var slope = 1.0
      if let softcap = problem.softcap.map({ Double($0) }), softcap != 0 {
        let bounded = tanh(score / softcap)
        (score, slope) = (softcap * bounded, 1 - bounded * bounded)
      }
      if let bias = call.forward.bias { score += Double(bias[element]) }
      if let slopes = call.forward.slopes {
        score -= Double(slopes[problem.slopes == .perHead ? head : plane]) * Double(abs(start + query - key))
      }
      let modifierSlope = rule.derivative(score, head: head)
      slope *= modifierSlope
      score = rule.value(score, sequence, head, query, key)
      guard score > -.infinity else { return nil }
      var kept = 1.0
      if let dropout = problem.dropout {
        kept = dropout.keeps(plane: plane, row: query, column: key) ? Double(dropout.keepScale) : 0
      }
      return Pair(
        place: place, score: score, slope: slope, modifierSlope: modifierSlope, element: element,
        distance: Double(abs(start + query - key)), kept: kept)
    }
  }

  private var isTopLeft: Bool {
    switch problem.mask {
    case .causal(alignment: .topLeft), .window(left: _, right: _, alignment: .topLeft): true
    default: false
    }
  }

  private func sees(_ key: Int, from position: Int) -> Bool {
    switch problem.mask {
    case .full: true
    case .causal: key <= position
    case .window(let left, let right, _):
      position - key <= left ?? .max && key - position <= right ?? .max
    }
  }
}
