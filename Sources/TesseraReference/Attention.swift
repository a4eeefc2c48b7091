import RealModule
import TesseraCore

/// output[b][h][i] = Σ_j dropout(p[j]) · values[b][g][j], p = softmax of the scores of visible keys j, g = h / (Hq /
/// Hkv)
///
/// score[j] = scale · Σ_d queries[b][h][i][d] · keys[b][g][j][d], then the softcap, the bias, ALiBi. A key that is
/// not visible takes part in nothing, whatever it and its value hold; one of score −inf is visible with probability 0.
/// The output of a row without any score above −inf is 0, its log-sum-exp −inf. A row with a score of NaN or +inf is
/// NaN, whatever dropout keeps of it. A sink is one more term of the softmax's sum and of the log-sum-exp; one of +inf
/// makes an output of 0. Rows past a sequence's queries have output 0 and log-sum-exp −inf.
///
/// Beside what the library writes there are the magnitudes of the numbers whose rounding a result carries however near
/// to 0 it comes out. `score-terms` has for each row the largest of its sink's magnitude and the
/// t[j] = |scale| · Σ_d |query · key| + |bias| + |slope| · distance of its visible keys, `output-terms`
/// Σ_j w[j] · |value| · (1 + t[j] + Σ_k p[k] · t[k]), w what dropout leaves of p.
public func attention<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  // A probability that is none is the caller's mistake.
  let problem = try! call.request.attentionProblem
  let tokens = problem.queryStarts == nil ? problem.batch * problem.queryLength : problem.queries.rows
  let rows = problem.queryHeads * tokens
  let columns = problem.valueDimension
  var output = [Scalar](repeating: 0, count: rows * columns)
  var outputTerms = output
  var logSumExp = [Scalar](repeating: -.infinity, count: rows)
  var scoreTerms = [Scalar](repeating: 0, count: rows)
  for row in AttentionRow.all(of: problem) {
    let result = row.result(call)
    for column in 0..<columns {
      output[row.queryRow * columns + column] = result.output[column]
      outputTerms[row.queryRow * columns + column] = result.outputTerms[column]
    }
    logSumExp[row.queryRow] = result.logSumExp
    scoreTerms[row.queryRow] = result.scoreTerms
  }
  var results = ["output": output, "output-terms": outputTerms]
  if problem.writesLogSumExp {
    (results["log-sum-exp"], results["score-terms"]) = (logSumExp, scoreTerms)
  }
  return results
}

extension AttentionRow {
  struct Result<Scalar: Real & BinaryFloatingPoint> {
    var output: [Scalar]
    var outputTerms: [Scalar]
    var logSumExp = -Scalar.infinity
    var scoreTerms: Scalar = 0
  }

  func result<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> Result<Scalar> {
    let columns = call.extents[.valueDimension]
    let nothing = [Scalar](repeating: 0, count: columns)
    var result = Result(output: nothing, outputTerms: nothing)
    let visible = visibleKeys(call)
    let scores = visible.map { score(ofKey: $0, call) }
    var largest = -Scalar.infinity
    for (score, _, _) in scores where score > largest || score.isNaN {
      largest = score
      if score.isNaN { break }
    }
    let sink: Scalar = sink(call)
    result.scoreTerms = (scores.map(\.terms) + [sink.magnitude]).filter(\.isFinite).max() ?? 0
    result.logSumExp = sink
    guard largest != -.infinity, sink != .infinity || largest.isNaN || largest == .infinity else { return result }
    if sink > largest { largest = sink }
    let sinkWeight = Scalar.exp(sink - largest)
    var total = sinkWeight
    for (score, _, _) in scores { total += Scalar.exp(score - largest) }
    // A score of −inf has terms without bound, and no part in any.
    func terms(_ probability: Scalar, _ terms: Scalar) -> Scalar { probability > 0 ? probability * terms : 0 }
    var meanTerms = terms(sinkWeight / total, sink.magnitude)
    for (score, scoreTerms, _) in scores { meanTerms += terms(Scalar.exp(score - largest) / total, scoreTerms) }
    let first = keyRow(0)
    call.input("values").withUnsafeBufferPointer { values in
      for (key, (score, scoreTerms, _)) in zip(visible, scores) {
        let probability = Scalar.exp(score - largest) / total * keptScale(ofKey: key, call)
        let weight = terms(probability, 1 + scoreTerms + meanTerms)
        for column in 0..<columns {
          let value = values[(first + key) * columns + column]
          result.output[column] += probability * value
          result.outputTerms[column] += weight * value.magnitude
        }
      }
    }
    result.logSumExp = largest + Scalar.log(total)
    return result
  }
}
