import RealModule
import TesseraCore

/// One query of one head.
struct AttentionRow {
  let problem: AttentionProblem
  let sequence: Int
  let head: Int
  let query: Int

  /// Those of a call, sequence by sequence.
  static func all(of problem: AttentionProblem) -> [AttentionRow] {
    (0..<problem.batch).flatMap { sequence in
      (0..<problem.queryHeads).flatMap { head in
        (0..<(problem.queryLengths?[sequence] ?? problem.queryLength)).map { query in
          AttentionRow(problem: problem, sequence: sequence, head: head, query: query)
        }
      }
    }
  }

  /// The plane of bias and mask.
  var plane: Int { sequence * problem.queryHeads + head }
  /// The row of queries, output and log-sum-exps.
  var queryRow: Int { attentionQueryRow(problem, query: query, head: head, sequence: sequence) }
  /// The row of keys and values.
  func keyRow(_ key: Int) -> Int {
    attentionKeyRow(problem, key: key, head: head / (problem.queryHeads / problem.keyValueHeads), sequence: sequence)
  }

  /// What dropout multiplies the key's probability by.
  func keptScale<Scalar: Real & BinaryFloatingPoint>(ofKey key: Int, _ call: ReferenceCall<Scalar>) -> Scalar {
    guard let dropout = problem.dropout, dropout.probability > 0 else { return 1 }
    let decisions = DropoutDefinition(dropout)
    let plane = (problem.dropoutSequences?[sequence] ?? sequence) * call.extents[.queryHeads] + head
    return decisions.keeps(plane: plane, row: query, column: key) ? decisions.keptScale() : 0
  }

  /// The head's sink, −inf without one.
  func sink<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> Scalar {
    problem.hasSinks ? call.input("sinks")[head] : -.infinity
  }

  func visibleKeys<Scalar>(_ call: ReferenceCall<Scalar>) -> [Int] {
    let keys = (0..<problem.keyLength).filter {
      attentionSees(problem, query: query, key: $0, head: head, sequence: sequence)
    }
    guard problem.booleanMask != nil else { return keys }
    let mask = call.input("mask")
    return keys.filter { mask[place(ofKey: $0)] != 0 }
  }

  /// The key's score, its terms, and the derivative of the softcap where it was taken, 1 without one.
  func score<Scalar: Real & BinaryFloatingPoint>(
    ofKey key: Int, _ call: ReferenceCall<Scalar>
  ) -> (value: Scalar, terms: Scalar, slope: Scalar) {
    let depth = problem.headDimension
    let queryStart = queryRow * depth
    let keyStart = keyRow(key) * depth
    var (score, terms): (Scalar, Scalar) = (0, 0)
    call.input("queries").withUnsafeBufferPointer { queries in
      call.input("keys").withUnsafeBufferPointer { keys in
        for d in 0..<depth {
          let product = queries[queryStart + d] * keys[keyStart + d]
          score += product
          terms += product.magnitude
        }
      }
    }
    score *= Scalar(problem.scale)
    terms *= Scalar(problem.scale).magnitude
    var slope: Scalar = 1
    if let softcap = problem.softcap.map({ Scalar($0) }), softcap != 0 {
      let tanh = Scalar.tanh(score / softcap)
      score = softcap * tanh
      slope = 1 - tanh * tanh
    }
    if problem.bias != nil {
      let bias = call.input("bias")[place(ofKey: key)]
      score += bias
      terms += bias.magnitude
    }
    if problem.slopes != nil {
      let number = problem.slopes == .perHead ? head : sequence * problem.queryHeads + head
      let lost = call.input("slopes")[number] * Scalar(abs(position - key))
      score -= lost
      terms += lost.magnitude
    }
    return (score, terms, slope)
  }

  /// Where the query stands among the sequence's keys.
  var position: Int { attentionPosition(problem, query: query, sequence: sequence) }

  /// Where the key's element is in bias and mask.
  private func place(ofKey key: Int) -> Int {
    (plane * problem.queryLength + query) * problem.keyLength + key
  }
}
