import Tessera

/// What one output should hold, and how far from it is still right.
///
/// error(fast) ≤ 2 × error(naive) + 4·ε·s, of a gradient 3 ×, where an error is the largest absolute difference from
/// the Float64 oracle in a row, and s the row's largest |oracle|. error(naive), of the plain loops at Float, is the
/// largest over all rows that are drawn alike: a single row's can be 0 by luck, and a row of 1e4 must not excuse one
/// of 1. The s of a mean and of attention's log-sum-exp is that of the numbers that it is made of, whose rounding it
/// carries however near to 0 it comes out; of an output whose oracle has terms too, where rows are short or a case says
/// so. s is at least the least normal number, below which the spacing of floats stays; of attention at least that / ε.
/// Masks and places must be equal; NaN must meet NaN, and an infinity its equal, except in the output of attention.
package struct ExpectedOutput {
  package let operand: Operand
  private let oracle: [Double]
  private let rowLength: Int
  private let rowTolerances: [Double]
  /// Where the oracle is not finite, whether another kind of not finite will do: what attention makes of an infinity
  /// depends on whether its probability is 0 at this precision.
  private let anyNonFiniteWillDo: Bool

  private static let fewColumns = 8

  /// Statistics of a row whose s is another output's.
  private static let scaleSources = ["mean": "sum", "log-sum-exp": "score-terms"]

  package init(
    _ operand: Operand, in verificationCase: VerificationCase, oracle outputs: [String: [Double]], naive: [Float]
  ) {
    self.operand = operand
    anyNonFiniteWillDo =
      verificationCase.attention != nil && (operand.role == .activation || operand.name.hasSuffix("-gradient"))
    let oracle = outputs[operand.name]!
    self.oracle = oracle
    let columns = operand.shape.columns.map { verificationCase.extents[$0] }
    rowLength = max(1, verificationCase.attentionLayout(of: operand.name)?.columns ?? columns ?? 1)
    let rowCount = oracle.count / rowLength
    guard operand.role != .mask, operand.elementType != .int32 else {
      rowTolerances = Array(repeating: 0, count: rowCount)
      return
    }
    // Sums of both signs may all come out near 0 in a row of a few columns.
    let isByTerms = verificationCase.comparesByTerms || rowLength < Self.fewColumns
    let terms = isByTerms ? outputs["\(operand.name)-terms"] : nil
    let scaleSource = terms ?? Self.scaleSources[operand.name].flatMap { outputs[$0] } ?? oracle
    let scaleLength = rowCount == 0 ? 0 : scaleSource.count / rowCount
    var scales: [Double] = []
    var naiveErrors: [RowKind: Double] = [:]
    for row in 0..<rowCount {
      let range = row * rowLength..<(row + 1) * rowLength
      let kind = verificationCase.values.kind(ofRow: row)
      let scaleRow = scaleSource[row * scaleLength..<(row + 1) * scaleLength]
      scales.append((scaleRow + oracle[range]).lazy.filter(\.isFinite).map(\.magnitude).max() ?? 0)
      // Where the naive computation overflows it gives no measure, and 4·ε·s has to do.
      let error = range.lazy.map { difference(naive[$0], oracle[$0]) }.filter(\.isFinite).max() ?? 0
      naiveErrors[kind] = max(naiveErrors[kind] ?? 0, error)
    }
    let epsilon = Double(Float.ulpOfOne)
    // An exponential below the least normal number is 0, and what is left of a row by dropout may be no more than that.
    let leastScale = Double(Float.leastNormalMagnitude) / (verificationCase.attention == nil ? 1 : epsilon)
    let multiple: Double = operand.name.hasSuffix("-gradient") ? 3 : 2
    rowTolerances = scales.enumerated().map { row, scale in
      let kind = verificationCase.values.kind(ofRow: row)
      return multiple * naiveErrors[kind]! + 4 * epsilon * max(scale, leastScale)
    }
  }

  /// The worst row of what a kernel wrote.
  package func compare(_ actual: [Float]) -> Comparison {
    guard actual.count == oracle.count, rowTolerances.count * rowLength == oracle.count else {
      return Comparison(
        error: .infinity, tolerance: 0, worst: "\(operand.name): \(actual.count) elements for \(oracle.count)")
    }
    // Words are made of the worst alone.
    var (worst, worstPlace) = (Comparison(), 0)
    for (row, tolerance) in rowTolerances.enumerated() {
      var rowError = 0.0
      var place = row * rowLength
      for index in row * rowLength..<(row + 1) * rowLength {
        let isExcused = anyNonFiniteWillDo && !oracle[index].isFinite && !actual[index].isFinite
        let error = isExcused ? 0 : difference(actual[index], oracle[index])
        if error > rowError { (rowError, place) = (error, index) }
      }
      let comparison = Comparison(error: rowError, tolerance: tolerance)
      if row == 0 || comparison.multiple > worst.multiple { (worst, worstPlace) = (comparison, place) }
    }
    if !rowTolerances.isEmpty {
      worst.worst =
        "\(operand.name), row \(worstPlace / rowLength), column \(worstPlace % rowLength): "
        + "\(actual[worstPlace].spelled) for \(oracle[worstPlace].spelled)"
    }
    return worst
  }
}

/// How far an output, or several, are from the oracle, where they are farthest by their tolerance.
package struct Comparison {
  package var error = 0.0
  package var tolerance = 0.0
  /// Where, what, and what it should be.
  package var worst = ""

  /// error / tolerance; 0 where nothing differs.
  package var multiple: Double { error == 0 ? 0 : error / tolerance }
  package var passes: Bool { error <= tolerance }
}

/// The absolute difference; infinite where only one is NaN, or where infinities do not match.
private func difference(_ actual: Float, _ expected: Double) -> Double {
  let actual = Double(actual)
  if actual == expected || (actual.isNaN && expected.isNaN) { return 0 }
  let difference = (actual - expected).magnitude
  return difference.isNaN ? .infinity : difference
}
