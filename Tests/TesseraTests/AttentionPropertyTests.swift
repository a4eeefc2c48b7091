import Tessera
import Testing

/// What is true of attention whatever the numbers, on every variant, for few rows, many, and split keys.
@Suite struct AttentionPropertyTests {
  @Test(arguments: AttentionPath.all) func permutingKeysAndValuesChangesNothing(path: AttentionPath) throws {
    let call = try AttentionCall(path.problem())
    var permuted = call
    let count = path.keys
    for plane in 0..<4 {
      for key in 0..<count {
        // A step that is prime to the number of keys visits all of them.
        let other = (key * 7 + 3) % count
        for d in 0..<24 { permuted.keys[(plane * count + key) * 24 + d] = call.keys[(plane * count + other) * 24 + d] }
        for d in 0..<19 {
          permuted.values[(plane * count + key) * 19 + d] = call.values[(plane * count + other) * 19 + d]
        }
      }
    }
    let (expected, actual) = (try call.run(path.context), try permuted.run(path.context))
    expectNear(actual.output, expected.output)
    expectNear(actual.logSumExp, expected.logSumExp)
  }

  @Test(arguments: AttentionPath.all) func aConstantAddedToARowShiftsItsLogSumExp(path: AttentionPath) throws {
    let call = try AttentionCall(path.problem { $0.bias = BatchedMatrixLayout(scoresOf: $0) })
    var shifted = call
    func constant(_ row: Int) -> Float { Float(row % 5) - 2 }
    for index in shifted.bias!.indices { shifted.bias![index] += constant(index / path.keys) }
    let (expected, actual) = (try call.run(path.context), try shifted.run(path.context))
    expectNear(actual.output, expected.output)
    expectNear(actual.logSumExp, expected.logSumExp.enumerated().map { $1 + constant($0) })
  }

  @Test(arguments: AttentionPath.all) func theOutputIsLinearInTheValues(path: AttentionPath) throws {
    let dropout = try Dropout(probability: 0.2, seed: 5)
    let problem = path.problem { ($0.dropout, $0.mask) = (dropout, .causal()) }
    let (first, other) = (try AttentionCall(problem, seed: 1), try AttentionCall(problem, seed: 2))
    var (second, sum) = (first, first)
    second.values = other.values
    for index in sum.values.indices { sum.values[index] = 2 * first.values[index] - 0.5 * second.values[index] }
    let (a, b, c) = try (first.run(path.context), second.run(path.context), sum.run(path.context))
    expectNear(c.output, zip(a.output, b.output).map { 2 * $0 - 0.5 * $1 })
    #expect(c.logSumExp == a.logSumExp)
  }

  @Test(arguments: AttentionPath.all) func groupedHeadsEqualRepeatedOnes(path: AttentionPath) throws {
    let grouped = try AttentionCall(path.problem())
    var repeated = try AttentionCall(
      path.problem {
        $0.keyValueHeads = 4
        for layout in [\AttentionProblem.keys, \.values] {
          $0[keyPath: layout] = BatchedMatrixLayout(
            batch: 2, heads: 4, rows: path.keys, columns: $0[keyPath: layout].columns, order: .headsFirst)
        }
      })
    repeated.queries = grouped.queries
    for head in 0..<8 {
      for (path, size) in [(\AttentionCall.keys, path.keys * 24), (\.values, path.keys * 19)] {
        repeated[keyPath: path].replaceSubrange(
          head * size..<(head + 1) * size, with: grouped[keyPath: path][head / 2 * size..<(head / 2 + 1) * size])
      }
    }
    let (expected, actual) = (try repeated.run(path.context), try grouped.run(path.context))
    expectNear(actual.output, expected.output)
    expectNear(actual.logSumExp, expected.logSumExp)
  }

  @Test(arguments: AttentionPath.all) func aWideWindowAndALargeSoftcapAreNone(path: AttentionPath) throws {
    let length = max(path.keys, path.queries)
    for alignment in AttentionMask.Alignment.allCases {
      let full = try AttentionCall(path.problem()).run(path.context)
      let causal = try AttentionCall(path.problem { $0.mask = .causal(alignment: alignment) }).run(path.context)
      for (mask, expected) in [
        (AttentionMask.window(left: length, right: length, alignment: alignment), full),
        (.window(left: nil, right: nil, alignment: alignment), full),
        (.window(left: .max, right: .max, alignment: alignment), full),
        (.window(left: length, right: 0, alignment: alignment), causal),
        (.window(left: nil, right: 0, alignment: alignment), causal),
      ] {
        // Not near: the same.
        let isSame = try AttentionCall(path.problem { $0.mask = mask }).run(path.context) == expected
        #expect(isSame, "\(mask)")
      }
      let capped = try AttentionCall(path.problem { $0.softcap = 1e6 }).run(path.context)
      expectNear(capped.output, full.output)
      expectNear(capped.logSumExp, full.logSumExp)
    }
  }

  @Test(arguments: AttentionPath.all) func fullKeyLengthsAndAMaskOfOnesAreNone(path: AttentionPath) throws {
    let expected = try AttentionCall(path.problem()).run(path.context)
    let lengths = try AttentionCall(path.problem { $0.keyLengths = [path.keys, path.keys] }).run(path.context)
    var masked = try AttentionCall(path.problem { $0.booleanMask = BatchedMatrixLayout(scoresOf: $0) })
    for index in masked.mask!.indices { masked.mask![index] = UInt8(index % 255 + 1) }
    let (isSame, isSameMasked) = (lengths == expected, try masked.run(path.context) == expected)
    #expect(isSame && isSameMasked)
  }

  @Test(arguments: AttentionPath.all) func keptFractionLiesWithinBinomialBounds(path: AttentionPath) throws {
    // Equal scores and values of 1: the output is the kept fraction of the visible keys · 1 / (1 − p).
    for probability in [0.1, 0.5, 0.9] {
      let dropout = try Dropout(probability: probability, seed: 9)
      var call = try AttentionCall(path.problem { $0.dropout = dropout })
      call.queries = call.queries.map { _ in 0 }
      call.values = call.values.map { _ in 1 }
      let rows = 2 * 4 * path.queries
      let output = try call.run(path.context).output
      let kept = (0..<rows).reduce(0.0) { $0 + Double(output[$1 * 19]) } * (1 - dropout.effectiveProbability)
      let deviation = (probability * (1 - probability) / Double(rows * path.keys)).squareRoot()
      #expect(abs(kept / Double(rows) - (1 - probability)) < 5 * deviation + 1e-4)
    }
  }
}
