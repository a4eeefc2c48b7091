import CTesseraKernels
import Foundation
import Tessera
import Testing

/// One step of the online softmax, every variant against plain Double loops.
@Suite struct AttentionSoftmaxKernelTests {
  struct Row {
    var scores: [Float], output: [Float]
    var maximum: Float, sum: Float
  }

  /// What the kernel makes of `row`, whose last score and output stand for what lies behind.
  static func step(
    _ row: Row, first: Int, last: Int, dropout: tsr_dropout?, column: Int, _ kernel: tsr_f32_attention_softmax_kernel
  ) -> Row {
    var result = row
    var decisions = dropout ?? tsr_dropout()
    result.scores.withUnsafeMutableBufferPointer { scores in
      result.output.withUnsafeMutableBufferPointer { output in
        withUnsafePointer(to: &decisions) { decisions in
          var argument = tsr_attention_softmax_f32(
            count: scores.count - 1, first: first, last: last, scale: 1, scores: scores.baseAddress,
            maximum: row.maximum,
            sum: row.sum, output_count: output.count - 1, output: output.baseAddress,
            dropout: dropout == nil ? nil : decisions, column: UInt32(column), next: nil)
          kernel(1, &argument)
          (result.maximum, result.sum) = (argument.maximum, argument.sum)
        }
      }
    }
    return result
  }

  /// Compares the step over `scores`, after one over `history` where that is not empty, with the definition. A common
  /// factor of scores, sum and output, near 1, is the kernel's right.
  static func check(
    _ scores: [Float], history: [Float] = [], first: Int, last: Int, dropout: Dropout? = nil, column: Int = 0,
    _ kernels: AttentionKernels, _ comment: Comment
  ) {
    let (behind, count) = (AttentionRowKernelTests.sentinel, scores.count)
    var row = Row(scores: history + [behind], output: [behind], maximum: -.infinity, sum: 0)
    row = step(row, first: 0, last: history.count, dropout: nil, column: 0, kernels.softmax)
    // The earlier scores go through the second step as output.
    row.output = row.scores
    row.scores = scores + [behind]
    let argument = dropout?.kernelArgument(plane: 3, row: 5)
    let result = step(row, first: first, last: last, dropout: argument, column: column, kernels.softmax)
    let seen = history + scores[first..<last]
    let maximum = seen.reduce(-.infinity) { $1 > $0 ? $1 : $0 }
    let shift = maximum > -.infinity ? Double(maximum) : 0
    func exact(_ score: Float) -> Double { exp(Double(score) - shift) }
    let sum = seen.reduce(0) { $0 + exact($1) }
    #expect(result.maximum == maximum, comment)
    #expect(result.scores[count] == behind && result.output.last == behind, comment)
    #expect(sum.isNaN ? result.sum.isNaN : abs(Double(result.sum) - sum) <= 3e-4 * sum, comment)
    guard !sum.isNaN else { return }
    let factor = sum > 0 ? sum / Double(result.sum) : 1
    // The exponent is rounded: half a unit of its last place.
    func isClose(_ measured: Float, _ score: Float, times keepScale: Double = 1) -> Bool {
      let wanted = exact(score) * keepScale
      let relative = score > -.infinity ? 2e-6 + 2e-7 * abs(Double(score) - shift) : 1
      return abs(Double(measured) * factor - wanted) <= relative * wanted + 0x1p-125
    }
    for c in 0..<count {
      let kept = dropout?.keeps(plane: 3, row: 5, column: column + c) ?? true
      if c >= first, c < last, kept {
        #expect(isClose(result.scores[c], scores[c], times: Double(argument?.keep_scale ?? 1)), comment)
      } else {
        #expect(result.scores[c] == 0, comment)
      }
    }
    for (output, score) in zip(result.output, history) { #expect(isClose(output, score), comment) }
  }

  static func scores(_ count: Int, around centre: Float = 0) -> [Float] {
    AttentionRowKernelTests.numbers(count, seed: 4)[..<count].map { centre + 4 * $0 }
  }

  @Test(arguments: AttentionKernels.variants.map(\.instructionSet))
  func wholeRowsAndRanges(instructionSet: InstructionSet) throws {
    guard let kernels = AttentionRowKernelTests.variant(instructionSet) else { return }
    for count in AttentionRowKernelTests.counts {
      let ranges = [(0, count), (0, count / 2), (count / 3, count), (count / 3, count - count / 4), (count, count)]
      for (first, last) in ranges {
        // From one tile to the next the maximum grows, stays, and jumps; at 4096 and beyond exp is taken otherwise.
        for (before, centre) in [
          (nil, 0), (-3, 0), (0, 0), (7, 0), (60, 0), (-200, 0), (4085, 4100), (4100, 4085), (99_990, 1e5),
          (1e38, 3e38),
        ] as [(Float?, Float)] {
          let history = before.map { Self.scores(21, around: $0) } ?? []
          Self.check(
            Self.scores(count, around: centre), history: history, first: first, last: last, kernels,
            "\(first) ..< \(last) of \(count) around \(centre), after \(before ?? -.infinity)")
        }
      }
    }
  }

  /// More rows than the kernels take together, of different visible ranges: the same bits as one by one.
  @Test(arguments: AttentionKernels.variants.map(\.instructionSet))
  func rowsDoNotDependOnTheirNeighbours(instructionSet: InstructionSet) throws {
    guard let kernels = AttentionRowKernelTests.variant(instructionSet) else { return }
    let (rows, count, width) = (29, 67, 5)
    let given = (0..<rows).map { Self.scores(count, around: Float($0 % 7)) }
    let ranges = (0..<rows).map { ($0 % 5, $0 % 4 == 3 ? $0 % 5 : count - $0 % 9) }
    var scores = given.flatMap { $0 }
    var sums = [Float](repeating: 2, count: rows * width)
    var steps: [tsr_attention_softmax_f32] = []
    scores.withUnsafeMutableBufferPointer { scores in
      sums.withUnsafeMutableBufferPointer { sums in
        for row in 0..<rows {
          steps.append(
            tsr_attention_softmax_f32(
              count: count, first: ranges[row].0, last: ranges[row].1, scale: 1,
              scores: scores.baseAddress! + row * count, maximum: -1, sum: 3, output_count: width,
              output: sums.baseAddress! + row * width, dropout: nil, column: 0, next: nil))
        }
        kernels.softmax(rows, &steps)
      }
    }
    for row in 0..<rows {
      let alone = Self.step(
        Row(scores: given[row] + [0], output: [Float](repeating: 2, count: width) + [0], maximum: -1, sum: 3),
        first: ranges[row].0, last: ranges[row].1, dropout: nil, column: 0, kernels.softmax)
      #expect(Array(scores[row * count..<(row + 1) * count]) == Array(alone.scores.dropLast()), "row \(row)")
      #expect(Array(sums[row * width..<(row + 1) * width]) == Array(alone.output.dropLast()), "row \(row)")
      #expect(steps[row].maximum == alone.maximum && steps[row].sum == alone.sum, "row \(row)")
    }
  }

  @Test(arguments: AttentionKernels.variants.map(\.instructionSet))
  func dropoutFollowsItsDefinitionAndTheSumDoesNot(instructionSet: InstructionSet) throws {
    guard let kernels = AttentionRowKernelTests.variant(instructionSet) else { return }
    for count in AttentionRowKernelTests.counts {
      for (first, last) in [(0, count), (count / 3, count - count / 5)] {
        for (probability, column) in [(0.1, 0), (0.5, 8), (0.9, 4072), (1, 16)] {
          let dropout = try Dropout(probability: probability, seed: 0x1234_5678_9ABC, offset: 9)
          Self.check(
            Self.scores(count), history: Self.scores(3), first: first, last: last, dropout: dropout, column: column,
            kernels, "\(first) ..< \(last) of \(count), dropped with \(probability) from column \(column)")
        }
      }
    }
  }

  @Test(arguments: AttentionKernels.variants.map(\.instructionSet))
  func specialScores(instructionSet: InstructionSet) throws {
    guard let kernels = AttentionRowKernelTests.variant(instructionSet) else { return }
    for count in AttentionRowKernelTests.counts where count > 4 {
      for place in [0, 1, count / 2, count - 1] {
        for value in [Float.nan, .infinity, -.infinity] {
          var scores = Self.scores(count)
          scores[place] = value
          Self.check(scores, first: 0, last: count, kernels, "\(value) at \(place) of \(count)")
          // Where it is not visible it does not count.
          if place == 0 || place == count - 1 {
            Self.check(scores, first: 1, last: count - 1, kernels, "hidden \(value) of \(count)")
          }
        }
      }
      let blind = [Float](repeating: -.infinity, count: count)
      for history in [[], [2, 3], [-.infinity]] as [[Float]] {
        Self.check(blind, history: history, first: 0, last: count, kernels, "nothing but -inf, after \(history)")
      }
    }
  }
}
