import CTesseraKernels
import Foundation
import Tessera
import Testing

/// Merges of two parts, every variant against the definition in Double.
@Suite struct AttentionMergeKernelTests {
  /// Log-sum-exps of every kind, so that each of them meets each other one.
  static let kinds: [Float] = [
    0, -0.0, 1.5, -30, -29.99, 88, -88, 200, -1e30, 1e30, 1e-30, -.infinity, .infinity, .nan, -.greatestFiniteMagnitude,
  ]

  @Test(arguments: AttentionKernels.variants.map(\.instructionSet))
  func everyPairOfKinds(instructionSet: InstructionSet) throws {
    guard let kernels = AttentionRowKernelTests.variant(instructionSet) else { return }
    let pairs = Self.kinds.flatMap { first in Self.kinds.map { (first, $0) } }
    for columns in [0, 1, 7, 16, 33, 64, 130] {
      for isInPlace in [false, true] { check(pairs, columns: columns, isInPlace: isInPlace, kernels) }
    }
  }

  @Test(arguments: AttentionKernels.variants.map(\.instructionSet))
  func everyCountOfRows(instructionSet: InstructionSet) throws {
    guard let kernels = AttentionRowKernelTests.variant(instructionSet) else { return }
    let numbers = AttentionRowKernelTests.numbers(80, seed: 3)
    for count in 0...40 {
      check((0..<count).map { (numbers[$0] * 20, numbers[40 + $0]) }, columns: 5, isInPlace: false, kernels)
    }
  }

  /// Weights far below the greater's, which are all there is where the greater's part is 0, and log-sum-exps near 0.
  @Test(arguments: AttentionKernels.variants.map(\.instructionSet))
  func relativeErrors(instructionSet: InstructionSet) throws {
    guard let kernels = AttentionRowKernelTests.variant(instructionSet) else { return }
    let differences = stride(from: Float(0), through: 90, by: 0.37)
    let logSumExps = differences.map { difference -> (Float, Float) in
      let greater = -Float(log1p(exp(-Double(difference))))
      return (greater, greater - difference)
    }
    let (firsts, seconds) = (logSumExps.map(\.0), logSumExps.map(\.1))
    let (zeros, ones) = ([Float](repeating: 0, count: firsts.count), [Float](repeating: 1, count: firsts.count))
    var (output, merged) = (zeros, zeros)
    firsts.withUnsafeBufferPointer { firsts in
      seconds.withUnsafeBufferPointer { seconds in
        zeros.withUnsafeBufferPointer { zeros in
          ones.withUnsafeBufferPointer { ones in
            output.withUnsafeMutableBufferPointer { output in
              merged.withUnsafeMutableBufferPointer { merged in
                var call = tsr_attention_merge_f32(
                  rows: firsts.count, columns: 1, first: zeros.baseAddress, second: ones.baseAddress, first_stride: 1,
                  second_stride: 1, first_log_sum_exp: firsts.baseAddress, second_log_sum_exp: seconds.baseAddress,
                  output: output.baseAddress, output_stride: 1, log_sum_exp: merged.baseAddress, streaming: false)
                kernels.merge(&call)
              }
            }
          }
        }
      }
    }
    for (index, (first, second)) in logSumExps.enumerated() {
      let lesser = exp(Double(second) - Double(first))
      let weight = lesser / (1 + lesser)
      #expect(abs(Double(output[index]) - weight) <= 2.5e-7 * weight + 0x1p-149, "\(first), \(second)")
      // What is left of a sum near 0 is the rounding of ln(1 + e), at most 2^-25 where it is taken once.
      let sum = Double(first) + log1p(lesser)
      #expect(abs(Double(merged[index]) - sum) <= 0x1p-24, "\(first), \(second)")
    }
  }

  /// Rows have two elements of gap; a part that is not to be read holds NaN.
  private func check(_ pairs: [(Float, Float)], columns: Int, isInPlace: Bool, _ kernels: AttentionKernels) {
    let (rows, stride) = (pairs.count, columns + 2)
    func part(_ logSumExps: [Float], seed: Int) -> [Float] {
      var elements = AttentionRowKernelTests.numbers(rows * stride, seed: seed)
      for row in 0..<rows where logSumExps[row] == -.infinity {
        elements.replaceSubrange(row * stride..<row * stride + columns, with: repeatElement(.nan, count: columns))
      }
      return elements
    }
    let second = pairs.map(\.1)
    let given = [part(pairs.map(\.0), seed: 1), part(second, seed: 2)]
    var (firstLogSumExp, logSumExp) = (pairs.map(\.0), [Float](repeating: 7, count: rows))
    var (first, output) = (given[0], [Float](repeating: 5, count: rows * stride))
    firstLogSumExp.withUnsafeMutableBufferPointer { firstLogSumExp in
      logSumExp.withUnsafeMutableBufferPointer { logSumExp in
        first.withUnsafeMutableBufferPointer { first in
          output.withUnsafeMutableBufferPointer { output in
            var call = tsr_attention_merge_f32()
            (call.rows, call.columns) = (rows, columns)
            (call.first, call.first_stride) = (UnsafePointer(first.baseAddress), stride)
            call.first_log_sum_exp = UnsafePointer(firstLogSumExp.baseAddress)
            call.output = isInPlace ? first.baseAddress : output.baseAddress
            call.output_stride = stride
            call.log_sum_exp = isInPlace ? firstLogSumExp.baseAddress : logSumExp.baseAddress
            second.withUnsafeBufferPointer { secondLogSumExp in
              given[1].withUnsafeBufferPointer { second in
                (call.second, call.second_stride) = (second.baseAddress, stride)
                call.second_log_sum_exp = secondLogSumExp.baseAddress
                kernels.merge(&call)
              }
            }
          }
        }
      }
    }
    let (merged, sums) = isInPlace ? (first, firstLogSumExp) : (output, logSumExp)
    for (row, pair) in pairs.enumerated() {
      let (one, two) = (Double(pair.0), Double(pair.1))
      let greatest = pair.0 == -.infinity ? two : pair.1 == -.infinity ? one : max(one, two)
      let total = [one, two].map { $0 == -.infinity ? 0 : exp($0 - greatest) }.reduce(0, +)
      let expected = total == 0 ? -.infinity : greatest + log(total)
      #expect(isNear(sums[row], expected, within: 2e-7 * max(1, abs(expected))), "\(pair): \(sums[row])")
      for column in 0..<columns {
        let index = row * stride + column
        let terms = [(one, given[0][index]), (two, given[1][index])].map { logSumExp, element in
          logSumExp == -.infinity ? 0 : exp(logSumExp - greatest) / total * Double(element)
        }
        #expect(isNear(merged[index], terms[0] + terms[1], within: 4e-7), "\(pair), column \(column)")
      }
      let gap = row * stride + columns..<(row + 1) * stride
      #expect(merged[gap].elementsEqual(isInPlace ? given[0][gap] : [5, 5]))
    }
  }

  private func isNear(_ actual: Float, _ expected: Double, within tolerance: Double) -> Bool {
    if expected.isNaN { return actual.isNaN }
    return expected.isFinite ? abs(Double(actual) - expected) <= tolerance : Double(actual) == expected
  }
}
