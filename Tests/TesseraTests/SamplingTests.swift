import Foundation
import Tessera
import Testing

@Suite struct SamplingTests {
  static let context = try! ExecutionContext(pool: WorkerPool(threadCount: 2))

  static func draw(
    _ logits: [Float], _ options: SamplingOptions, rows: Int = 1, recent: [Int32] = [], sequence: UInt32 = 0,
    step: UInt32 = 0
  ) throws -> [Int] {
    var output = [Int32](repeating: -7, count: rows)
    let layout = MatrixLayout(rows: rows, columns: logits.count / rows)
    try SamplingPlan(input: layout, options: options, context: context)
      .run(logits.span, recent: recent.span, sequence: sequence, step: step, output: output.mutableSpan)
    return output.map { Int($0) }
  }

  static func greatest(_ row: [Float]) throws -> Int {
    var output: [Int32] = [-7]
    try argmax(row.span, MatrixLayout(rows: 1, columns: row.count), output: output.mutableSpan, context: context)
    return Int(output[0])
  }

  /// Numbers in −1 ..< 1.
  static func uniform(_ count: Int, seed: UInt64) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    values.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed) }
    return values
  }

  @Test func argmaxOfEqualAndOfNoNumbers() throws {
    for count in [1, 7, 8, 9, 64, 65, 200] {
      var row = [Float](repeating: 0.5, count: count)
      #expect(try Self.greatest(row) == 0)
      for place in 0..<count {
        row[place] = 2
        if place + 1 < count { row[place + 1] = 2 }
        #expect(try Self.greatest(row) == place, "the first of equals, \(count) columns")
        row[0] = .nan
        #expect(try place == 0 || Self.greatest(row) == place, "NaN does not win")
        row = [Float](repeating: 0.5, count: count)
      }
      #expect(try Self.greatest([Float](repeating: .nan, count: count)) == 0)
      #expect(try Self.greatest([Float](repeating: -.infinity, count: count)) == 0)
      if count > 1 { #expect(try Self.greatest([.nan] + [Float](repeating: -.infinity, count: count - 1)) == 1) }
    }
    #expect(try Self.greatest([-0.0, 0, -1]) == 0)
    #expect(try Self.greatest([-0.0, -1, 0.0, .infinity, .infinity]) == 3)
  }

  @Test func coldDrawsAreTheGreatest() throws {
    for count in [1, 64, 100, 4000] {
      // Few values, so that some are equal.
      let row = Self.uniform(count, seed: 5).map { ($0 * 8).rounded() }
      let cold = SamplingOptions(temperature: 0, topK: 3, topP: 0.2)
      #expect(try Self.draw(row, cold) == [Self.greatest(row)])
      #expect(try Self.draw(row, SamplingOptions(topK: 1)) == [Self.greatest(row)])
      #expect(try Self.draw(row, SamplingOptions(topP: 0)) == [Self.greatest(row)])
    }
    for row in [[.nan, -.infinity, -.infinity], [.nan, .nan], [1, .infinity, 2, .infinity]] as [[Float]] {
      #expect(try Self.draw(row, SamplingOptions()) == [Self.greatest(row)])
    }
  }

  @Test func penaltyTakesRecentTokensOnce() throws {
    // 4 / 2 = 2 < 3; were it taken twice, 1 would be below 1.5.
    let cold = SamplingOptions(temperature: 0, repetitionPenalty: 2)
    #expect(try Self.draw([4, 3, -1], cold, recent: [0]) == [1])
    #expect(try Self.draw([4, 1.5, -1], cold, recent: [0, -1, 0]) == [0])
    #expect(try Self.draw([-1, -1.5, -9], cold, recent: [0]) == [1])
    #expect(try Self.draw([.nan, -1.5, -9], cold, recent: [0, 1]) == [1])
    // Each row has its own.
    #expect(try Self.draw([4, 3, 4, 3], cold, rows: 2, recent: [0, -1, 1, -1]) == [1, 0])
    #expect(try Self.draw([4, 3, -1], SamplingOptions(temperature: 0), recent: [0]) == [0], "without one")
  }

  /// A draw is the same in any company, and differs from sequence to sequence, step to step, seed to seed.
  @Test func drawsFollowFromSequenceAndStep() throws {
    let (rows, columns) = (37, 300)
    let row = Self.uniform(columns, seed: 9)
    let logits = Array((0..<rows).map { _ in row }.joined())
    for options in [SamplingOptions(seed: 3), SamplingOptions(topK: 100, topP: 0.9, seed: 3)] {
      let together = try Self.draw(logits, options, rows: rows, step: 12)
      for index in 0..<rows {
        #expect(try Self.draw(row, options, sequence: UInt32(index), step: 12) == [together[index]])
      }
      #expect(Set(together).count > rows / 3)
      #expect(try Self.draw(logits, options, rows: rows, step: 13) != together)
      var other = options
      other.seed = 4
      #expect(try Self.draw(logits, other, rows: rows, step: 12) != together)
      (other.seed, other.offset) = (3, 1)
      #expect(try Self.draw(logits, other, rows: rows, step: 12) != together)
    }
  }

  /// Pearson's χ² of 20,000 draws, against what the options leave of the softmax. Seed and so the figures are fixed;
  /// the bounds are those that one right sampler in a million exceeds, of 7, 3 and 2 degrees of freedom.
  @Test(arguments: [
    (SamplingOptions(seed: 11), 8, 40.5), (SamplingOptions(temperature: 0.5, seed: 12), 8, 40.5),
    (SamplingOptions(temperature: 2, topK: 4, seed: 13), 4, 30.7), (SamplingOptions(topP: 0.8, seed: 14), 3, 27.6),
    (SamplingOptions(temperature: 1.3, minP: 0.1, seed: 15), 4, 30.7),
  ])
  func drawsAreDistributedAsTheSoftmax(_ options: SamplingOptions, keptCount: Int, bound: Double) throws {
    // Probabilities of 128, 64, … 1 in 255, not in order: the greatest three have 0.88, two 0.75.
    let row = [3, 0, 6, 1, 7, 5, 2, 4].map { Float($0) * Float(log(2.0)) }
    let kept = row.indices.sorted { row[$0] > row[$1] }.prefix(keptCount)
    let weights = kept.map { exp(Double(row[$0]) / Double(options.temperature)) }
    let total = weights.reduce(0, +)
    let plan = try SamplingPlan(
      input: MatrixLayout(rows: 1, columns: row.count), options: options, context: Self.context)
    let count = 20000
    var counts = [Int](repeating: 0, count: row.count)
    var output: [Int32] = [0]
    for step in 0..<count {
      try plan.run(row.span, sequence: 2, step: UInt32(step), output: output.mutableSpan)
      counts[Int(output[0])] += 1
    }
    #expect(counts.indices.allSatisfy { counts[$0] == 0 || kept.contains($0) }, "\(counts)")
    let statistic = zip(kept, weights).reduce(0) { sum, column in
      let expected = Double(count) * column.1 / total
      return sum + (Double(counts[column.0]) - expected) * (Double(counts[column.0]) - expected) / expected
    }
    #expect(statistic < bound, "\(counts)")
  }

  @Test func whatDoesNotFit() throws {
    let bad = BadInputTests()
    let row: [Float] = [1, 2, 3]
    var output: [Int32] = [-7]
    let layout = MatrixLayout(rows: 1, columns: 3)
    for (operand, options) in [
      ("temperature", SamplingOptions(temperature: -1)), ("temperature", SamplingOptions(temperature: .nan)),
      ("top-k", SamplingOptions(topK: -1)), ("top-p", SamplingOptions(topP: 1.1)),
      ("min-p", SamplingOptions(minP: .nan)),
      ("repetition penalty", SamplingOptions(repetitionPenalty: 0)),
    ] {
      bad.expectError("sampling", operand) { _ = try SamplingPlan(input: layout, options: options) }
    }
    let penalty = SamplingOptions(repetitionPenalty: 2)
    for recent in [[3], [-2], [0, .max]] as [[Int32]] {
      bad.expectError("sampling", "recent") { _ = try Self.draw(row, penalty, recent: recent) }
    }
    bad.expectError("sampling", "recent") { _ = try Self.draw(row + row, penalty, rows: 2, recent: [0, 1, 2]) }
    bad.expectError("argmax", "input") {
      try argmax(row.span, MatrixLayout(rows: 2, columns: 2), output: output.mutableSpan)
    }
    bad.expectError("argmax", "output") {
      try argmax(row.span, MatrixLayout(rows: 3, columns: 1), output: output.mutableSpan)
    }
    bad.expectError("argmax", "input") {
      _ = try ArgmaxPlan(input: MatrixLayout(rows: 1, columns: Int(Int32.max) + 1))
    }
    #expect(output == [-7])
  }
}
