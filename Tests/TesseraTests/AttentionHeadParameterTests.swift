import Foundation
import Tessera
import Testing

/// Slopes, sinks and where queries stand, by what else says the same: on every variant, for few rows, many, split keys.
@Suite struct AttentionHeadParameterTests {
  /// Slopes are a bias that nobody writes down.
  @Test(arguments: AttentionPath.all) func slopesAreABiasOfDistances(path: AttentionPath) throws {
    for slopes in AttentionSlopes.allCases {
      for mask in [.full, .causal(alignment: .topLeft)] as [AttentionMask] {
        let call = try AttentionCall(path.problem { ($0.slopes, $0.mask) = (slopes, mask) })
        var other = try AttentionCall(
          path.problem {
            $0.mask = mask
            $0.bias = BatchedMatrixLayout(scoresOf: $0)
          })
        (other.queries, other.keys, other.values) = (call.queries, call.keys, call.values)
        let start = mask == .full ? path.keys - path.queries : 0
        for plane in 0..<8 {
          let slope = call.slopes![slopes == .perHead ? plane % 4 : plane]
          for query in 0..<path.queries {
            for key in 0..<path.keys {
              other.bias![(plane * path.queries + query) * path.keys + key] = -slope * Float(abs(start + query - key))
            }
          }
        }
        let (actual, expected) = (try call.run(path.context), try other.run(path.context))
        // The rounding of scores of some hundreds.
        expectNear(actual.output, expected.output, tolerance: 1e-4)
        expectNear(actual.logSumExp, expected.logSumExp)
      }
    }
  }

  /// A sink is a key of that score whose value is 0; −inf is none, +inf takes everything.
  @Test(arguments: AttentionPath.all) func sinksAreKeysWithoutValues(path: AttentionPath) throws {
    let plain = try AttentionCall(path.problem())
    let expected = try plain.run(path.context)
    var call = try AttentionCall(path.problem { $0.hasSinks = true })
    let sunk = try call.run(path.context)
    let rows = 2 * 4 * path.queries
    var (output, logSumExp) = (expected.output, expected.logSumExp)
    for row in 0..<rows {
      let sink = Double(call.sinks![row / path.queries % 4])
      let total = exp(Double(logSumExp[row])) + exp(sink)
      for column in 0..<19 { output[row * 19 + column] *= Float(exp(Double(logSumExp[row])) / total) }
      logSumExp[row] = Float(log(total))
    }
    expectNear(sunk.output, output)
    expectNear(sunk.logSumExp, logSumExp)
    call.sinks = [-.infinity, -.infinity, -.infinity, -.infinity]
    let none = try call.run(path.context)
    expectNear(none.output, expected.output)
    #expect(none.logSumExp == expected.logSumExp)
    call.sinks = [.infinity, .infinity, .infinity, .infinity]
    let all = try call.run(path.context)
    #expect(all.output.allSatisfy { $0 == 0 } && all.logSumExp.allSatisfy { $0 == .infinity })
    call.sinks = [.nan, 0, 200, 1e30]
    let mixed = try call.run(path.context)
    for row in 0..<rows {
      let here = mixed.output[row * 19..<(row + 1) * 19]
      switch row / path.queries % 4 {
      case 0: #expect(here.allSatisfy(\.isNaN) && mixed.logSumExp[row].isNaN)
      case 1: #expect(here.contains { $0 != 0 })
      case 2: #expect(here.allSatisfy { $0.magnitude < 0x1p-126 } && mixed.logSumExp[row] == 200)
      default: #expect(here.allSatisfy { $0.magnitude < 0x1p-126 } && mixed.logSumExp[row] == 1e30)
      }
    }
  }

  /// An offset says what an alignment does; a softcap of 0 and a bound of −1 are none. To the bit.
  @Test(arguments: AttentionPath.all) func offsetsAndWhatIsOff(path: AttentionPath) throws {
    for alignment in AttentionMask.Alignment.allCases {
      for mask in [.causal(alignment: alignment), .window(left: 5, right: 2, alignment: alignment)] as [AttentionMask] {
        let expected = try AttentionCall(path.problem { $0.mask = mask }).run(path.context)
        let offset = alignment == .topLeft ? 0 : path.keys - path.queries
        let given = try AttentionCall(
          path.problem { ($0.mask, $0.queryOffsets) = (mask, [offset, offset]) }
        ).run(path.context)
        #expect(given == expected, "\(mask)")
      }
    }
    let full = try AttentionCall(path.problem()).run(path.context)
    let open = try AttentionCall(
      path.problem { ($0.mask, $0.softcap) = (.window(left: -1, right: -1), 0) }
    ).run(path.context)
    #expect(open == full)
  }

  /// Chunks of queries, each at its place, are the rows of one call over all of them.
  @Test(arguments: AttentionPath.all) func chunksOfQueriesAreOneCall(path: AttentionPath) throws {
    let whole = try AttentionCall(path.problem { $0.mask = .causal(alignment: .topLeft) })
    let expected = try whole.run(path.context)
    let (all, first) = (path.queries, 1)
    for (begin, end) in [(0, first), (first, all)] {
      var problem = AttentionProblem(
        batch: 2, queryHeads: 4, keyValueHeads: 2, queryLength: end - begin, keyLength: path.keys, headDimension: 24,
        valueDimension: 19)
      (problem.mask, problem.queryOffsets) = (.causal(), [begin, begin])
      var chunk = try AttentionCall(problem)
      (chunk.keys, chunk.values) = (whole.keys, whole.values)
      // Of two sequences of four heads each.
      let parts = (0..<8).map { $0 * all + begin..<$0 * all + end }
      chunk.queries = parts.flatMap { part -> [Float] in
        Array(whole.queries[part.lowerBound * 24..<part.upperBound * 24])
      }
      let rows = parts.flatMap { part -> [Float] in
        Array(expected.output[part.lowerBound * 19..<part.upperBound * 19])
      }
      expectNear(try chunk.run(path.context).output, rows)
    }
  }
}
