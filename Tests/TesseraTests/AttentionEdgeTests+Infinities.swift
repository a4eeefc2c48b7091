import Tessera
import Testing

/// What a bias of −inf hides and what it does not, and sinks of −inf, in both passes.
extension AttentionEdgeTests {
  /// Query 1 has a bias of −inf on every key, the others on key 5.
  private func biased(_ call: inout AttentionCall, _ path: AttentionPath) {
    for plane in 0..<8 {
      for query in 0..<path.queries {
        let row = (plane * path.queries + query) * path.keys
        for key in query == 1 ? 0..<path.keys : 5..<6 { call.bias![row + key] = -.infinity }
      }
    }
  }

  private func problem(
    _ path: AttentionPath, _ change: (inout AttentionProblem) -> Void = { _ in }
  ) -> AttentionProblem {
    path.problem {
      $0.bias = BatchedMatrixLayout(scoresOf: $0)
      change(&$0)
    }
  }

  @Test(arguments: AttentionPath.all, [false, true])
  func biasesOfMinusInfinityAndValuesThatAreNotFinite(path: AttentionPath, hasSinks: Bool) throws {
    var call = try AttentionCall(problem(path) { $0.hasSinks = hasSinks })
    biased(&call, path)
    let ordinary = try call.run(path.context)
    // Of the first key-value head, which planes 0 and 1 read.
    call.values[5 * 19 + 3] = .nan
    call.values[5 * 19 + 4] = .infinity
    let result = try call.run(path.context)
    for row in 0..<8 * path.queries {
      let output = result.output[row * 19..<(row + 1) * 19]
      if row % path.queries == 1 {
        #expect(output.allSatisfy { $0 == 0 }, "row \(row)")
        #expect(result.logSumExp[row] == (hasSinks ? call.sinks![row / path.queries % 4] : -.infinity), "row \(row)")
      } else {
        let isReached = row / path.queries < 2
        #expect(output.map(\.isNaN) == (0..<19).map { isReached && ($0 == 3 || $0 == 4) }, "row \(row)")
        #expect(result.logSumExp[row] == ordinary.logSumExp[row], "row \(row)")
      }
    }
  }

  /// NaN + −inf is NaN: a bias does not hide a key that is NaN, a Boolean mask does.
  @Test(arguments: AttentionPath.all) func biasesOfMinusInfinityAndAKeyThatIsNaN(path: AttentionPath) throws {
    var call = try AttentionCall(problem(path))
    biased(&call, path)
    call.keys[5 * 24 + 2] = .nan
    let result = try call.run(path.context)
    var masked = try AttentionCall(problem(path) { $0.booleanMask = BatchedMatrixLayout(scoresOf: $0, heads: true) })
    (masked.queries, masked.keys, masked.values, masked.bias) = (call.queries, call.keys, call.values, call.bias)
    masked.mask = masked.mask!.indices.map { $0 % path.keys == 5 ? 0 : 1 }
    let hidden = try masked.run(path.context)
    for row in 0..<8 * path.queries {
      let isReached = row / path.queries < 2
      let output = result.output[row * 19..<(row + 1) * 19]
      #expect(output.allSatisfy { $0.isNaN == isReached }, "row \(row)")
      #expect(result.logSumExp[row].isNaN == isReached, "row \(row)")
      #expect(hidden.output[row * 19..<(row + 1) * 19].allSatisfy { $0.isFinite }, "row \(row)")
    }
  }

  /// Only query 1, which has nothing above −inf, sees the key whose value is NaN: it has no part in any gradient.
  @Test(arguments: AttentionPath.all) func gradientsOfARowOfMinusInfinity(path: AttentionPath) throws {
    var call = try AttentionGradientCall(
      problem(path) { $0.booleanMask = BatchedMatrixLayout(scoresOf: $0, heads: true) })
    biased(&call.forward, path)
    call.forward.mask = call.forward.mask!.indices.map {
      $0 % path.keys == 5 && $0 / path.keys % path.queries != 1 ? 0 : 1
    }
    let expected = try call.run(path.context)
    #expect(expected.isFinite)
    for plane in 0..<8 {
      let row = (plane * path.queries + 1) * 24
      #expect(expected.queries[row..<row + 24].allSatisfy { $0 == 0 })
    }
    call.forward.values[5 * 19 + 3] = .nan
    call.forward.values[5 * 19 + 4] = .infinity
    let result = try call.run(path.context)
    expectNear(result.queries, expected.queries)
    expectNear(result.keys, expected.keys)
    expectNear(result.values, expected.values)
  }

  /// Query 0 alone sees the key whose value is NaN, with probability 0: the NaN is in its output, and so in its
  /// gradient and those of all keys that it sees. With a sink query 1, without a score above −inf, does: its output is
  /// 0, and the NaN is in its gradient and that of the key.
  @Test(arguments: AttentionPath.all, [false, true])
  func gradientsOfAValueOfProbabilityZero(path: AttentionPath, hasSinks: Bool) throws {
    var call = try AttentionGradientCall(
      problem(path) {
        $0.booleanMask = BatchedMatrixLayout(scoresOf: $0, heads: true)
        $0.hasSinks = hasSinks
      })
    biased(&call.forward, path)
    let seeing = hasSinks ? 1 : 0
    call.forward.mask = call.forward.mask!.indices.map {
      $0 % path.keys == 5 && $0 / path.keys % path.queries != seeing ? 0 : 1
    }
    call.forward.values[5 * 19 + 3] = .nan
    let result = try call.run(path.context)
    for row in 0..<8 * path.queries {
      let isReached = row / path.queries < 2 && row % path.queries == seeing
      #expect(result.queries[row * 24..<(row + 1) * 24].allSatisfy { $0.isNaN == isReached }, "query row \(row)")
    }
    for row in 0..<4 * path.keys {
      let isReached = hasSinks ? row == 5 : row / path.keys == 0
      #expect(result.keys[row * 24..<(row + 1) * 24].allSatisfy { $0.isNaN == isReached }, "key row \(row)")
    }
    #expect(result.values.allSatisfy { $0.isFinite })
    #expect(result.values[5 * 19..<6 * 19].allSatisfy { $0 == 0 })
  }

  /// A sink of −inf is none: its gradient is 0, also where output-gradient · output is infinite or NaN.
  @Test(arguments: AttentionPath.all) func gradientsOfASinkOfMinusInfinity(path: AttentionPath) throws {
    for poison in [Float.infinity, -.infinity, .nan] {
      var call = try AttentionGradientCall(path.problem { $0.hasSinks = true })
      call.forward.sinks = [-.infinity, 0.5, -.infinity, 1]
      // A row of head 0, of head 1 and of head 3 of the first sequence.
      for head in [0, 1, 3] { call.outputGradient[(head * path.queries + 1) * 19 + 2] = poison }
      let sinks = try call.run(path.context).sinks
      #expect(sinks[0] == 0 && sinks[2] == 0)
      #expect(!sinks[1].isFinite && !sinks[3].isFinite)
    }
  }
}
