import Tessera
import Testing

/// Scale, mask, softmax and dropout over stored scores: what the fused kernel owes to the single operators, and rows at
/// the ends of what floats hold.
@Suite struct StoredScoresTests {
  private static let contexts: [ExecutionContext] = InstructionSet.allCases.filter(\.isAvailable).map {
    ExecutionContext(pool: try! WorkerPool(threadCount: 2), instructionSet: $0)
  }

  /// What a call writes, over rows whose scores are drawn from −4 ..< 4.
  private func call(
    planes: Int, rows: Int, columns: Int, scale: Float = 0.5, mask: AttentionMask = .full, dropout: Dropout?,
    context: ExecutionContext
  ) throws -> (scores: [Float], output: [Float], probabilities: [Float]) {
    var scores = [Float](repeating: 0, count: planes * rows * columns)
    scores.withUnsafeMutableBufferPointer { fillUniform($0, seed: 3) }
    for index in scores.indices { scores[index] *= 4 }
    var output = [Float](repeating: .nan, count: scores.count)
    let kept = try ScaledMaskedSoftmaxDropoutSavedTensors(rows: planes * rows, columns: columns)
    try scaledMaskedSoftmaxDropout(
      scores.span, MatrixLayout(rows: planes * rows, columns: columns), planes: planes, scale: scale, mask: mask,
      dropout: dropout, output: output.mutableSpan, keeping: kept, context: context)
    return (scores, output, Array(kept.probabilities.elements))
  }

  @Test func outputIsTheDropoutOperatorsOfTheProbabilities() throws {
    let dropout = try Dropout(probability: 0.3, seed: 1 << 40 | 7, offset: 5)
    for context in Self.contexts {
      for (planes, rows, columns) in [(3, 5, 67), (1, 40, 512), (2, 3, 1200)] {
        let result = try call(planes: planes, rows: rows, columns: columns, dropout: dropout, context: context)
        var expected = result.output
        var mask = [UInt8](repeating: 0, count: expected.count)
        try Tessera.dropout(
          result.probabilities.span, MatrixLayout(rows: planes * rows, columns: columns), dropout, planes: planes,
          output: expected.mutableSpan, mask: mask.mutableSpan, context: context)
        #expect(result.output == expected, "\(context.instructionSet), \(columns) columns")
        #expect(mask.contains(0))
      }
    }
  }

  @Test func inferenceAndNoDropoutGiveTheProbabilities() throws {
    for context in Self.contexts {
      let (rows, columns) = (9, 130)
      let layout = MatrixLayout(rows: rows, columns: columns)
      let result = try call(
        planes: 1, rows: rows, columns: columns, mask: .causal(alignment: .topLeft), dropout: nil, context: context)
      #expect(result.output == result.probabilities)
      var inPlace = result.scores
      let plan = try ScaledMaskedSoftmaxDropoutPlan(
        input: layout, scale: 0.5, mask: .causal(alignment: .topLeft), dropout: try Dropout(probability: 1, seed: 0),
        mode: .inference, context: context)
      try plan.run(inPlace: inPlace.mutableSpan)
      #expect(inPlace == result.probabilities)
      for row in 0..<rows {
        let line = result.probabilities[row * columns..<(row + 1) * columns]
        #expect(line.dropFirst(row + 1).allSatisfy { $0 == 0 })
        #expect(line.prefix(row + 1).allSatisfy { $0 > 0 } && abs(line.reduce(0, +) - 1) < 1e-5)
      }
    }
  }

  /// A mask of every plane begins anew, and the bits of a row depend neither on hidden scores nor on where it stands.
  @Test func hiddenScoresChangeNothing() throws {
    for context in Self.contexts {
      let (planes, rows, columns) = (3, 4, 150)
      let mask = AttentionMask.window(left: 20, right: 3)
      var (scores, output, _) = try call(
        planes: planes, rows: rows, columns: columns, mask: mask, dropout: nil, context: context)
      for index in scores.indices where output[index] == 0 { scores[index] = index % 2 == 0 ? .nan : .infinity }
      var again = output
      try scaledMaskedSoftmaxDropout(
        scores.span, MatrixLayout(rows: planes * rows, columns: columns), planes: planes, scale: 0.5, mask: mask,
        output: again.mutableSpan, context: context)
      #expect(again == output)
      // The last query stands at the last key; each sees up to 24 keys, the last ones as many as there are.
      for line in 0..<planes * rows {
        let place = columns - rows + line % rows
        let seen = (0..<columns).filter { output[line * columns + $0] > 0 }
        #expect(seen == Array(place - 20...min(columns - 1, place + 3)))
      }
    }
  }

  @Test func scoresOfAnySize() throws {
    for context in Self.contexts {
      func row(_ scores: [Float], scale: Float) throws -> [Float] {
        var output = [Float](repeating: 7, count: scores.count)
        try scaledMaskedSoftmaxDropout(
          scores.span, MatrixLayout(rows: 1, columns: scores.count), scale: scale, output: output.mutableSpan,
          context: context)
        return output
      }
      for columns in [4, 8, 40] {
        let equal = [Float](repeating: 1 / Float(columns), count: columns)
        for score: Float in [0x1p-133, 1e4, 3e9, 1e30, -3e38] {
          #expect(try row([Float](repeating: score, count: columns), scale: 0.7) == equal, "\(score)")
        }
        #expect(try row((0..<columns).map { Float($0) }, scale: 0) == equal)
        for place in 0..<columns {
          var expected = [Float](repeating: 0, count: columns)
          expected[place] = 1
          var scores = [Float](repeating: 1e20, count: columns)
          scores[place] = 2e20
          #expect(try row(scores, scale: 1) == expected)
          #expect(try row(scores.map { -$0 }, scale: -1) == expected)
          // The differences overflow where the scale makes little of them.
          scores = [Float](repeating: -3e38, count: columns)
          scores[place] = 3e38
          #expect(try row(scores, scale: 0) == equal)
          let low = try row(scores, scale: 1e-38)
          let part = 0.0024787521766663585  // exp(-6)
          let rest = part / (1 + Double(columns - 1) * part)
          for (column, value) in low.enumerated() where column != place {
            #expect(abs(Double(value) / rest - 1) < 1e-5)
          }
          #expect(try row(scores.map { -$0 }, scale: -1e-38) == low)
          // And where it makes much.
          scores = [Float](repeating: -3e38, count: columns)
          scores[place] = 3e38
          #expect(try row(scores, scale: 1) == expected)
        }
      }
    }
  }

  @Test func whatDoesNotFitIsThrown() throws {
    let layout = MatrixLayout(rows: 4, columns: 4)
    func operand(_ body: () throws -> Void) -> String? {
      do {
        try body()
      } catch {
        guard case .invalidOperand(let operation, let operand, _, _)? = error as? TesseraError,
          operation == "scaled-masked-softmax-dropout"
        else { return nil }
        return operand
      }
      return nil
    }
    func plan(
      planes: Int = 1, scale: Float = 1, mask: AttentionMask = .full, mode: ExecutionMode = .inference
    ) throws -> ScaledMaskedSoftmaxDropoutPlan {
      try ScaledMaskedSoftmaxDropoutPlan(
        planes: planes, input: layout, scale: scale, mask: mask, dropout: nil, mode: mode)
    }
    #expect(operand { _ = try plan(planes: 3) } == "planes")
    #expect(operand { _ = try plan(planes: -1) } == "planes")
    for scale: Float in [.nan, .infinity, .greatestFiniteMagnitude] {
      #expect(operand { _ = try plan(scale: scale) } == "scale")
    }
    #expect(operand { _ = try plan(mask: .window(left: -2, right: nil)) } == "window's left")
    #expect(operand { _ = try plan(mask: .window(left: nil, right: -2)) } == "window's right")
    let scores = [Float](repeating: 1, count: 16)
    var output = [Float](repeating: 7, count: 16)
    #expect(operand { try plan(mode: .training).run(scores.span, output: output.mutableSpan) } == "keeping")
    let small = try ScaledMaskedSoftmaxDropoutSavedTensors(rows: 3, columns: 4)
    #expect(
      operand { try plan(mode: .training).run(scores.span, output: output.mutableSpan, keeping: small) }
        == "probabilities")
    #expect(output.allSatisfy { $0 == 7 })
  }
}
