import CTesseraKernels
import Foundation
import Tessera
import Testing

/// The kernels of a row of scores, every variant against plain Double loops.
@Suite struct AttentionRowKernelTests {
  static let counts = Array(0...40) + [63, 64, 65, 127, 128, 129, 512, 515]
  /// Stands behind every row and must still stand there afterwards.
  static let sentinel: Float = 12345

  static func variant(_ instructionSet: InstructionSet) -> AttentionKernels? {
    guard instructionSet.isAvailable else {
      print("skipped: attention kernels of \(instructionSet), which this machine cannot run")
      return nil
    }
    return AttentionKernels.variants.first { $0.instructionSet == instructionSet }?.kernels
  }

  /// Numbers of −1 ... 1 that follow from `seed`, and the sentinel.
  static func numbers(_ count: Int, seed: Int) -> [Float] {
    (0..<count).map { Float(sin(Double($0 * 7919 + seed * 104_729) * 0.618)) } + [sentinel]
  }

  @Test(arguments: AttentionKernels.variants.map(\.instructionSet))
  func scaleBiasAndMask(instructionSet: InstructionSet) throws {
    guard let kernels = Self.variant(instructionSet) else { return }
    for count in Self.counts {
      var input = Self.numbers(count, seed: 1)
      if count > 2 { input[2] = -.infinity }
      var output = [Float](repeating: Self.sentinel, count: count + 1)
      kernels.scale(count, 0.3, input, &output)
      #expect(output == input[..<count].map { $0 * 0.3 } + [Self.sentinel], "scale, \(count) columns")
      output = input
      output.withUnsafeMutableBufferPointer { kernels.scale(count, 1, $0.baseAddress, $0.baseAddress) }
      #expect(output == input, "scale by 1 in place, \(count) columns")
      kernels.bias(count, input, &output)
      #expect(output == input[..<count].map { $0 + $0 } + [Self.sentinel], "bias, \(count) columns")
      output = input
      kernels.alibi(count, 0.5, -7, &output)
      // Exact: halves of whole numbers beside numbers of 24 bits are not, so that one rounding may differ.
      let near = (0..<count).allSatisfy {
        let expected = Double(input[$0]) - 0.5 * Double(abs($0 - 7))
        return !expected.isFinite || abs(Double(output[$0]) - expected) <= 0x1p-23 * max(1, abs(expected))
      }
      #expect(near && output[count] == Self.sentinel, "alibi, \(count) columns")
      output = input
      kernels.bias(count, input, &output)
      let mask = (0..<count).map { UInt8([0, 1, 255][$0 * 5 % 3]) }
      if count > 0 { output[0] = .nan }
      let before = output
      kernels.mask(count, mask, &output)
      let expected = (0..<count).map { mask[$0] == 0 ? -Float.infinity : before[$0] } + [Self.sentinel]
      #expect(output == expected, "mask, \(count) columns")
    }
  }

  /// Also of rows apart, past the caches, and of a total of 0, whose sums are not looked at.
  @Test(arguments: AttentionKernels.variants.map(\.instructionSet), [false, true])
  func finishDividesByTheTotals(instructionSet: InstructionSet, streaming: Bool) throws {
    guard let kernels = Self.variant(instructionSet) else { return }
    for columns in Self.counts {
      let (rows, stride) = (5, (columns + 15) / 16 * 16 + 16)
      var sums = (0..<rows).flatMap { Self.numbers(columns, seed: $0)[..<columns] }
      let totals: [Float] = [1, 0.3, 0, 7e20, 3]
      if columns > 0 { sums[2 * columns] = .nan }
      let buffer = try AlignedBuffer<Float>(repeating: Self.sentinel, count: rows * stride)
      sums.withUnsafeBufferPointer { sums in
        totals.withUnsafeBufferPointer { totals in
          var argument = tsr_attention_finish_f32(
            rows: rows, columns: columns, sums: sums.baseAddress, totals: totals.baseAddress, output: buffer.pointer,
            output_stride: stride, streaming: streaming)
          kernels.finish(&argument)
        }
      }
      for row in 0..<rows {
        for column in 0..<stride {
          let expected =
            column >= columns ? Self.sentinel : totals[row] == 0 ? 0 : sums[row * columns + column] * (1 / totals[row])
          #expect(buffer.pointer[row * stride + column] == expected, "\(row), \(column) of \(columns)")
        }
      }
    }
  }

  @Test(arguments: AttentionKernels.variants.map(\.instructionSet))
  func softcapKeepsItsRelativeErrorNearZero(instructionSet: InstructionSet) throws {
    guard let kernels = Self.variant(instructionSet) else { return }
    for count in Self.counts {
      for (cap, size) in [(30, 1e-6), (30, 0.1), (30, 20), (1.5, 1), (50, 400)] as [(Float, Float)] {
        var input = Self.numbers(count, seed: 2).map { $0 * size }
        input[count] = Self.sentinel
        if count > 3 { (input[0], input[1], input[2]) = (.infinity, -.infinity, .nan) }
        var output = input
        kernels.softcap(count, cap, &output)
        #expect(output[count] == Self.sentinel)
        for column in 0..<count {
          let exact = Double(cap) * tanh(Double(input[column]) / Double(cap))
          if exact.isNaN {
            #expect(output[column].isNaN)
          } else {
            #expect(abs(Double(output[column]) - exact) <= 8 * 0x1p-24 * abs(exact), "\(input[column]) of \(cap)")
          }
        }
        if count > 3 { #expect(output[0] == cap && output[1] == -cap) }
      }
    }
  }

  @Test(arguments: AttentionKernels.variants.map(\.instructionSet))
  func finiteSeesEveryColumn(instructionSet: InstructionSet) throws {
    guard let kernels = Self.variant(instructionSet) else { return }
    for count in Self.counts {
      // What stands behind the row is not looked at.
      var values = Self.numbers(count, seed: 3) + [.nan]
      values[count] = .infinity
      #expect(kernels.finite(count, values))
      for column in 0..<count {
        let kept = values[column]
        values[column] = [Float.nan, .infinity, -.infinity][column % 3]
        #expect(!kernels.finite(count, values), "column \(column) of \(count)")
        values[column] = kept
      }
    }
  }

  /// One of 4099 bit patterns; `make test-exhaustive` takes them all.
  @Test(arguments: AttentionKernels.variants.map(\.instructionSet))
  func exponentialsOfPowersOfTwo(instructionSet: InstructionSet) throws {
    guard let kernels = Self.variant(instructionSet) else { return }
    let inputs = stride(from: UInt64(0), to: 1 << 32, by: 4099).map { Float(bitPattern: UInt32($0)) }
    var outputs = inputs
    kernels.exp2(inputs.count, inputs, &outputs)
    var worst = 0.0
    for (input, output) in zip(inputs, outputs) {
      let exact = Foundation.exp2(Double(input))
      if input.isNaN {
        #expect(output.isNaN)
      } else if input < -126 {
        #expect(output == 0)
      } else if input >= 128 {
        #expect(output == .infinity)
      } else {
        worst = max(worst, abs(Double(output) - exact) / Double(Float(exact).ulp))
      }
    }
    #expect(worst <= (instructionSet == .portable ? 1.1 : 0.8))
    var special: [Float] = [-.infinity, 0, -0.0, .infinity, 1, -126, 127, -1]
    kernels.exp2(special.count, special, &special)
    #expect(special == [0, 1, 1, .infinity, 2, 0x1p-126, 0x1p127, 0.5])
  }
}
