import CTesseraKernels
import Foundation
import Tessera
import Testing

/// The products of few query rows, every variant against plain Double loops.
@Suite struct AttentionFewRowsKernelTests {
  static let depths = [0, 1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 33, 64, 65, 96, 128, 200, 513]
  static let keyCounts = [0, 1, 2, 3, 4, 5, 8, 9, 17, 40]

  /// Keys or values `stride` apart, of which the first stands at `base`, with NaN between them.
  struct Rows {
    var elements: [Float]
    let base: Int, stride: Int

    init(count: Int, width: Int, stride: Int, seed: Int) {
      let numbers = AttentionRowKernelTests.numbers(count * width, seed: seed)
      base = stride < 0 ? max(0, count - 1) * -stride : 0
      self.stride = stride
      elements = [Float](repeating: .nan, count: max(0, count - 1) * abs(stride) + width + 1)
      for row in 0..<count {
        for column in 0..<width { elements[base + row * stride + column] = numbers[row * width + column] }
      }
    }

    subscript(row: Int, column: Int) -> Double { Double(elements[base + row * stride + column]) }
  }

  @Test(arguments: AttentionKernels.variants.map(\.instructionSet))
  func scores(instructionSet: InstructionSet) throws {
    guard let kernels = AttentionRowKernelTests.variant(instructionSet) else { return }
    for rows in 0...9 {
      for depth in Self.depths {
        let queries = try AlignedBuffer<Float>(repeating: 0, count: max(1, rows * depth))
        let numbers = AttentionRowKernelTests.numbers(rows * depth, seed: 6)
        for index in 0..<(rows * depth) { queries.pointer[index] = numbers[index] }
        for count in Self.keyCounts {
          let keys = Rows(count: count, width: depth, stride: [depth, depth + 3, -depth - 1, 0][count % 4], seed: 7)
          let stride = count + 2
          var scores = [Float](repeating: 5, count: rows * stride + 1)
          keys.elements.withUnsafeBufferPointer { elements in
            scores.withUnsafeMutableBufferPointer { scores in
              var tile = tsr_attention_scores_f32(
                rows: rows, count: count, depth: depth, queries: queries.pointer,
                keys: elements.baseAddress! + keys.base, keys_stride: keys.stride, scores: scores.baseAddress,
                scores_stride: stride)
              kernels.scores(&tile)
            }
          }
          for row in 0..<rows {
            for key in 0..<count {
              let terms = (0..<depth).map { Double(numbers[row * depth + $0]) * keys[key, $0] }
              let error = abs(Double(scores[row * stride + key]) - terms.reduce(0, +))
              #expect(
                error <= 1e-6 * terms.reduce(0) { $0 + abs($1) }, "row \(row) of \(rows), key \(key), depth \(depth)")
            }
            #expect(scores[(row * stride + count)..<((row + 1) * stride)].allSatisfy { $0 == 5 })
          }
        }
      }
    }
  }

  @Test(arguments: AttentionKernels.variants.map(\.instructionSet))
  func values(instructionSet: InstructionSet) throws {
    guard let kernels = AttentionRowKernelTests.variant(instructionSet) else { return }
    for rows in 0...9 {
      for columns in Self.depths {
        for count in Self.keyCounts {
          let values = Rows(
            count: count, width: columns, stride: [columns, columns + 3, -columns - 1, 0][count % 4], seed: 8)
          let stride = count + 1
          let weights = AttentionRowKernelTests.numbers(rows * stride, seed: 9)
          let before = AttentionRowKernelTests.numbers(rows * columns, seed: 10)
          var output = before
          values.elements.withUnsafeBufferPointer { elements in
            weights.withUnsafeBufferPointer { weights in
              output.withUnsafeMutableBufferPointer { output in
                var tile = tsr_attention_values_f32(
                  rows: rows, count: count, columns: columns, weights: weights.baseAddress, weights_stride: stride,
                  values: elements.baseAddress! + values.base, values_stride: values.stride,
                  output: output.baseAddress)
                kernels.values(&tile)
              }
            }
          }
          for row in 0..<rows {
            for column in 0..<columns {
              let terms =
                [Double(before[row * columns + column])]
                + (0..<count).map { Double(weights[row * stride + $0]) * values[$0, column] }
              let error = abs(Double(output[row * columns + column]) - terms.reduce(0, +))
              #expect(error <= 3e-6 * terms.reduce(0) { $0 + abs($1) }, "\(rows) rows, \(count) keys, \(columns)")
            }
          }
          #expect(output.last == AttentionRowKernelTests.sentinel)
        }
      }
    }
  }
}
