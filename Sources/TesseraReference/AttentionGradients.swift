import RealModule
import TesseraCore

/// The gradients of attention by queries, keys, values, bias, slopes and sinks, from that of its output and what
/// forward kept.
///
///     p[j] = exp(score[j] − log-sum-exp),  z[j] = what dropout multiplies p[j] by
///     delta = Σ_c output-gradient · output
///     values-gradient[j] += p[j] · z[j] · output-gradient
///     d[j] = p[j] · (z[j] · Σ_c output-gradient · values[j] − delta) · (1 − tanh²) · scale
///     queries-gradient = Σ_j d[j] · keys[j];  keys-gradient[j] += d[j] · queries
///     bias-gradient[j] += e[j];  slopes-gradient −= e[j] · |i′ − j|;  e[j] = p[j] · (z[j] · Σ_c … − delta) as in d[j]
///     sinks-gradient[h] −= exp(sink[h] − log-sum-exp) · delta, but for rows whose output is all 0
///
/// for each row and its visible keys j; the softcap's tanh where there is one. The bias's gradient has one element for
/// all that its layout broadcasts, in the order outer planes, inner planes, rows, columns. A row whose log-sum-exp is
/// −inf takes part in nothing. Beside each gradient there are its terms: the magnitudes of what is added up, with those
/// of the scores that an exponential makes relative errors of, and what is lost where a probability is too small for a
/// float.
public func attentionGradients<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  // A probability that is none is the caller's mistake.
  let problem = try! call.request.attentionProblem
  var sums = AttentionGradientSums<Scalar>(problem)
  for row in AttentionRow.all(of: problem) { sums.add(row, of: call) }
  return [
    "queries-gradient": sums.queries, "queries-gradient-terms": sums.queryTerms,
    "keys-gradient": sums.keys, "keys-gradient-terms": sums.keyTerms,
    "values-gradient": sums.values, "values-gradient-terms": sums.valueTerms,
    "bias-gradient": sums.bias, "bias-gradient-terms": sums.biasTerms,
    "slopes-gradient": sums.slopes, "slopes-gradient-terms": sums.slopeTerms,
    "sinks-gradient": sums.sinks, "sinks-gradient-terms": sums.sinkTerms,
  ]
}

private struct AttentionGradientSums<Scalar: Real & BinaryFloatingPoint> {
  var queries, queryTerms, keys, keyTerms, values, valueTerms, sinks, sinkTerms: [Scalar]
  var bias, biasTerms, slopes, slopeTerms: [Scalar]
  private let biasPlaces: BiasGradientPlaces?

  init(_ problem: AttentionProblem) {
    func zeros(_ rows: Int, _ columns: Int) -> [Scalar] { [Scalar](repeating: 0, count: rows * columns) }
    // Packed sequences have the tokens of one list.
    let queriesOfHead = problem.queryStarts == nil ? problem.batch * problem.queryLength : problem.queries.rows
    let keysOfHead = problem.keyStarts == nil ? problem.batch * problem.keyLength : problem.keys.rows
    queries = zeros(problem.queryHeads * queriesOfHead, problem.headDimension)
    keys = zeros(problem.keyValueHeads * keysOfHead, problem.headDimension)
    values = zeros(problem.keyValueHeads * keysOfHead, problem.valueDimension)
    (queryTerms, keyTerms, valueTerms) = (queries, keys, values)
    sinks = [Scalar](repeating: 0, count: problem.hasSinks ? problem.queryHeads : 0)
    sinkTerms = sinks
    biasPlaces = problem.gradients.bias.map { BiasGradientPlaces($0) }
    bias = [Scalar](repeating: 0, count: biasPlaces?.count ?? 0)
    biasTerms = bias
    let slopeCount =
      switch problem.slopes {
      case nil: 0
      case .perHead: problem.queryHeads
      case .perSequenceAndHead: problem.batch * problem.queryHeads
      }
    slopes = [Scalar](repeating: 0, count: slopeCount)
    slopeTerms = slopes
  }

  mutating func add(_ row: AttentionRow, of call: ReferenceCall<Scalar>) {
    let (depth, columns) = (row.problem.headDimension, row.problem.valueDimension)
    let place = row.queryRow
    let logSumExp = call.input("log-sum-exp")[place]
    guard logSumExp != -.infinity else { return }
    let (queries, keys, values) = (call.input("queries"), call.input("keys"), call.input("values"))
    let gradient = call.input("output-gradient")[place * columns..<(place + 1) * columns]
    let output = call.input("output")[place * columns..<(place + 1) * columns]
    let delta = zip(gradient, output).reduce(0) { $0 + $1.0 * $1.1 }
    let deltaTerms = zip(gradient, output).reduce(0) { $0 + ($1.0 * $1.1).magnitude }
    // A sink of −inf is none.
    let sink: Scalar = row.sink(call)
    if row.problem.hasSinks, sink != -.infinity, !output.allSatisfy({ $0 == 0 }) {
      let probability = sink == logSumExp ? 1 : Scalar.exp(sink - logSumExp)
      sinks[row.head] -= probability * delta
      if probability > 0 {
        sinkTerms[row.head] += probability * deltaTerms * (1 + sink.magnitude + logSumExp.magnitude)
      }
    }
    let scale = Scalar(row.problem.scale)
    for key in row.visibleKeys(call) {
      let (score, scoreTerms, slope) = row.score(ofKey: key, call)
      let kept = row.keptScale(ofKey: key, call)
      let probability = Scalar.exp(score - logSumExp)
      // A score of −inf has terms without bound, and no part in any. What is below the least normal float may be 0.
      let counted =
        probability > 0
        ? probability * (1 + scoreTerms + logSumExp.magnitude)
          + Scalar(Float.leastNormalMagnitude) / Scalar(Float.ulpOfOne) : 0
      let keyPlace = row.keyRow(key)
      var (product, productTerms): (Scalar, Scalar) = (0, 0)
      for column in 0..<columns {
        let (here, value) = (keyPlace * columns + column, gradient[gradient.startIndex + column])
        product += value * values[here]
        productTerms += (value * values[here]).magnitude
        self.values[here] += probability * kept * value
        valueTerms[here] += counted * kept * value.magnitude
      }
      let softmaxGradient = probability * (kept * product - delta)
      let softmaxTerms = counted * (kept * productTerms + deltaTerms)
      if let place = biasPlaces?.place(plane: row.plane, query: row.query, key: key) {
        bias[place] += softmaxGradient
        biasTerms[place] += softmaxTerms
      }
      if !slopes.isEmpty {
        let number = row.problem.slopes == .perHead ? row.head : row.plane
        let distance = Scalar(abs(row.position - key))
        slopes[number] -= softmaxGradient * distance
        slopeTerms[number] += softmaxTerms * distance
      }
      let scoreGradient = softmaxGradient * slope * scale
      let weight = softmaxTerms * scale.magnitude
      for d in 0..<depth {
        let (query, key) = (place * depth + d, keyPlace * depth + d)
        self.queries[query] += scoreGradient * keys[key]
        self.keys[key] += scoreGradient * queries[query]
        queryTerms[query] += weight * keys[key].magnitude
        keyTerms[key] += weight * queries[query].magnitude
      }
    }
  }
}

/// Which element of the bias's gradient a pair adds to: what a stride of 0 broadcasts has one for all.
private struct BiasGradientPlaces {
  private let layout: BatchedMatrixLayout

  init(_ layout: BatchedMatrixLayout) { self.layout = layout }

  private func extent(_ count: Int, _ stride: Int) -> Int { stride == 0 ? min(1, count) : count }
  private var innerPlanes: Int { extent(min(layout.planes, layout.innerPlanes), layout.innerStride) }
  private var rows: Int { extent(layout.rows, layout.rowStride) }

  var count: Int {
    guard layout.planes > 0 else { return 0 }
    let outerPlanes = extent((layout.planes - 1) / layout.innerPlanes + 1, layout.outerStride)
    return outerPlanes * innerPlanes * rows * layout.columns
  }

  func place(plane: Int, query: Int, key: Int) -> Int {
    let outer = layout.outerStride == 0 ? 0 : plane / layout.innerPlanes
    let inner = layout.innerStride == 0 ? 0 : plane % layout.innerPlanes
    let row = layout.rowStride == 0 ? 0 : query
    return ((outer * innerPlanes + inner) * rows + row) * layout.columns + key
  }
}
