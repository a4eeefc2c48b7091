import CTesseraKernels
import Foundation
import Tessera
import Testing

/// The kernels of attention's backward pass, every variant against plain Double loops.
@Suite struct AttentionGradientKernelTests {
  private static let sentinel = AttentionRowKernelTests.sentinel

  private static func variant(_ instructionSet: InstructionSet) -> AttentionGradientKernels? {
    guard instructionSet.isAvailable else {
      print("skipped: attention gradient kernels of \(instructionSet), which this machine cannot run")
      return nil
    }
    return AttentionGradientKernels.variants.first { $0.instructionSet == instructionSet }?.kernels
  }

  /// What a row is made with beside its scores and gradients.
  struct Options {
    var capped: [Float]?
    var mask: [UInt8]?
    var dropout: Dropout?
    var wantsSoftmaxGradients = false
  }

  private static let (logSumExp, delta, factor, scale, cap): (Float, Float, Float, Float, Float) =
    (1.5, 0.3, 0.125, 0.7, 2)

  /// What the kernel makes of a row; behind scores and gradients stands the sentinel, and hidden columns hold NaN.
  private func run(
    _ scores: [Float], _ gradients: [Float], first: Int, last: Int, column: Int, _ options: Options,
    _ kernels: AttentionGradientKernels
  ) -> (scores: [Float], gradients: [Float], softmaxGradients: [Float]) {
    var (scores, gradients) = (scores, gradients)
    var softmaxGradients = [Float](repeating: Self.sentinel, count: scores.count)
    for c in 0..<scores.count - 1 where c < first || c >= last || options.mask?[c] == 0 {
      scores[c] = .nan
      gradients[c] = .nan
    }
    var drop = options.dropout?.kernelArgument(plane: 3, row: 5) ?? tsr_dropout()
    let capped = options.capped ?? [0]
    let mask = options.mask ?? [0]
    scores.withUnsafeMutableBufferPointer { scores in
      gradients.withUnsafeMutableBufferPointer { gradients in
        capped.withUnsafeBufferPointer { capped in
          mask.withUnsafeBufferPointer { mask in
            withUnsafePointer(to: &drop) { drop in
              var row = tsr_attention_score_gradients_f32()
              (row.count, row.first, row.last) = (scores.count - 1, first, last)
              (row.scale, row.log_sum_exp, row.delta, row.factor) = (
                Self.scale, Self.logSumExp, Self.delta, Self.factor
              )
              (row.scores, row.gradients) = (scores.baseAddress, gradients.baseAddress)
              row.capped = options.capped == nil ? nil : capped.baseAddress
              row.cap = Self.cap
              row.mask = options.mask == nil ? nil : mask.baseAddress
              row.dropout = options.dropout == nil ? nil : drop
              row.column = UInt32(column)
              softmaxGradients.withUnsafeMutableBufferPointer {
                row.softmax_gradients = options.wantsSoftmaxGradients ? $0.baseAddress : nil
                kernels.score_gradients(1, &row)
              }
            }
          }
        }
      }
    }
    return (scores, gradients, softmaxGradients)
  }

  private func check(
    _ count: Int, first: Int, last: Int, column: Int, _ options: Options, _ kernels: AttentionGradientKernels
  ) {
    let scores = AttentionRowKernelTests.numbers(count, seed: 1)
    let gradients = AttentionRowKernelTests.numbers(count, seed: 2)
    let result = run(scores, gradients, first: first, last: last, column: column, options, kernels)
    let comment: Comment = "\(count) columns, \(first) ..< \(last), \(options)"
    #expect(result.scores[count] == Self.sentinel && result.gradients[count] == Self.sentinel, comment)
    #expect(result.softmaxGradients[count] == Self.sentinel, comment)
    for c in 0..<count {
      guard c >= first, c < last, options.mask?[c] != 0 else {
        #expect(result.scores[c] == 0 && result.gradients[c] == 0, comment)
        if options.wantsSoftmaxGradients, c >= first, c < last { #expect(result.softmaxGradients[c] == 0, comment) }
        continue
      }
      let keeps = options.dropout?.keeps(plane: 3, row: 5, column: column + c) ?? true
      let kept = keeps ? Double(options.dropout?.keepScale ?? 1) : 0
      let p = exp(Double(Self.scale) * Double(scores[c]) - Double(Self.logSumExp))
      let t = Double(options.capped?[c] ?? 0) / Double(Self.cap)
      let gradient =
        p * (kept * Double(gradients[c]) - Double(Self.delta)) * (1 - t * t) * Double(Self.factor)
      #expect(abs(Double(result.scores[c]) - p * kept) <= 1e-6 * p * kept, comment)
      if options.wantsSoftmaxGradients {
        let softmaxGradient = p * (kept * Double(gradients[c]) - Double(Self.delta))
        #expect(abs(Double(result.softmaxGradients[c]) - softmaxGradient) <= 1e-6 * p, comment)
      }
      // Of a difference of numbers up to 2.
      #expect(abs(Double(result.gradients[c]) - gradient) <= 1e-6 * p * Double(Self.factor), comment)
    }
  }

  @Test(arguments: AttentionGradientKernels.variants.map(\.instructionSet))
  func scoreGradients(instructionSet: InstructionSet) throws {
    guard let kernels = Self.variant(instructionSet) else { return }
    let dropout = try Dropout(probability: 0.4, seed: 9, offset: 2)
    for count in AttentionRowKernelTests.counts + [130, 200] {
      let capped = AttentionRowKernelTests.numbers(count, seed: 3)
      let mask = (0..<count).map { UInt8([0, 1, 255][$0 * 5 % 3]) }
      let choices = [
        Options(), Options(capped: capped), Options(mask: mask), Options(dropout: dropout),
        Options(capped: capped, mask: mask, dropout: dropout), Options(wantsSoftmaxGradients: true),
        Options(capped: capped, mask: mask, dropout: dropout, wantsSoftmaxGradients: true),
      ]
      for (first, last) in [
        (0, count), (0, count / 2), (count / 3, count), (count / 3, count - count / 4), (count, count), (0, 0),
      ] {
        for options in choices { check(count, first: first, last: last, column: 0, options, kernels) }
        check(count, first: first, last: last, column: 192, choices[3], kernels)
      }
    }
  }

  /// A bias of −inf is a probability of 0, and a NaN that the row sees stays.
  @Test(arguments: AttentionGradientKernels.variants.map(\.instructionSet))
  func specialValues(instructionSet: InstructionSet) throws {
    guard let kernels = Self.variant(instructionSet) else { return }
    let (infinity, sentinel) = (Float.infinity, Self.sentinel)
    let result = run(
      [-infinity, .nan, 0, 0, sentinel], [1, 1, .nan, 1, sentinel], first: 0, last: 4, column: 0, Options(), kernels)
    #expect(result.scores[0] == 0 && result.gradients[0] == 0)
    #expect(result.scores[1].isNaN && result.gradients[1].isNaN)
    #expect(result.scores[2].isFinite && result.gradients[2].isNaN)
    #expect(result.scores[3].isFinite && result.gradients[3].isFinite)
    // Dropped or not.
    let dropped = run(
      [.nan, 0, sentinel], [1, 1, sentinel], first: 0, last: 2, column: 0,
      Options(dropout: try Dropout(probability: 1, seed: 1)), kernels)
    #expect(dropped.scores[0].isNaN && dropped.gradients[0].isNaN && dropped.scores[1] == 0)
  }

  @Test(arguments: AttentionGradientKernels.variants.map(\.instructionSet))
  func rowProducts(instructionSet: InstructionSet) throws {
    guard let kernels = Self.variant(instructionSet) else { return }
    for columns in AttentionRowKernelTests.counts {
      let (rows, leftStride, rightStride) = (3, columns + 2, columns)
      let left = AttentionRowKernelTests.numbers(rows * leftStride, seed: 1)
      let right = AttentionRowKernelTests.numbers(rows * rightStride, seed: 2)
      var products = [Float](repeating: Self.sentinel, count: rows + 1)
      left.withUnsafeBufferPointer { left in
        right.withUnsafeBufferPointer { right in
          products.withUnsafeMutableBufferPointer { products in
            var call = tsr_attention_row_products_f32()
            (call.rows, call.columns) = (rows, columns)
            (call.left, call.right) = (left.baseAddress, right.baseAddress)
            (call.left_stride, call.right_stride) = (leftStride, rightStride)
            call.products = products.baseAddress
            kernels.row_products(&call)
          }
        }
      }
      for row in 0..<rows {
        let terms = (0..<columns).map { Double(left[row * leftStride + $0]) * Double(right[row * rightStride + $0]) }
        let (sum, magnitude) = (terms.reduce(0, +), terms.reduce(0) { $0 + abs($1) })
        #expect(abs(Double(products[row]) - sum) <= 1e-6 * magnitude, "\(columns) columns")
      }
      #expect(products[rows] == Self.sentinel)
    }
  }
}
