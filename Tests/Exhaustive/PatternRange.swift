import Foundation
import Tessera

/// What a run of bit patterns showed of one variant's 2^x.
struct PatternRange {
  /// Results by error: bin b holds those of b/20 ..< (b + 1)/20 ulp, the last one all that is beyond.
  static let binCount = 25
  static let binsPerUlp = 20.0

  var bins = [Int](repeating: 0, count: binCount)
  var worst = 0.0
  var worstInput: Float = 0
  /// Results smaller than that of the next smaller input, by one unit of the last place.
  var descents = 0
  /// Those smaller by more, and results that are not what they must be: NaN of NaN, 0 below 2^−126, +inf.
  var wrong = 0

  /// Patterns `first` ..< `first + count`, all of one sign.
  init(first: UInt32, count: Int, _ kernels: AttentionKernels) {
    // The pattern before is looked at again, so that no descent falls between two ranges.
    let lead = first & 0x7FFF_FFFF == 0 ? 0 : 1
    let inputs = (0..<(count + lead)).map { Float(bitPattern: first - UInt32(lead) + UInt32($0)) }
    var outputs = inputs
    kernels.exp2(inputs.count, inputs, &outputs)
    for index in lead..<inputs.count { add(inputs[index], outputs[index]) }
    for index in inputs.indices.dropFirst() {
      let rises = inputs[index] > inputs[index - 1]
      let (lower, upper) = rises ? (index - 1, index) : (index, index - 1)
      guard outputs[upper] < outputs[lower] else { continue }
      if outputs[upper].nextUp == outputs[lower] { descents += 1 } else { wrong += 1 }
    }
  }

  private mutating func add(_ input: Float, _ output: Float) {
    guard input >= -126, input < 128 else {
      let isRight = input.isNaN ? output.isNaN : output == (input < 0 ? 0 : .infinity)
      if !isRight { wrong += 1 }
      return
    }
    let exact = exp2(Double(input))
    let error = abs(Double(output) - exact) / Double(Float(exact).ulp)
    guard error.isFinite else {
      wrong += 1
      return
    }
    bins[min(Int(error * Self.binsPerUlp), Self.binCount - 1)] += 1
    if error > worst { (worst, worstInput) = (error, input) }
  }

  /// The two together.
  mutating func join(_ other: PatternRange) {
    for bin in bins.indices { bins[bin] += other.bins[bin] }
    if other.worst > worst { (worst, worstInput) = (other.worst, other.worstInput) }
    descents += other.descents
    wrong += other.wrong
  }
}
