#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Tessera

extension TrainableDecoder {
  /// Values to begin with: norms 1, matrices normally distributed with this deviation, those of maps that end a block
  /// with it divided by √(2 · layers), as each adds to the stream. A function of seed and sizes.
  /// Box, Muller (1958), on Philox's words; Radford and others, "Language models are unsupervised multitask learners"
  /// (2019), section 2.3, of the division.
  public func initialize(seed: UInt64, deviation: Double = 0.02) {
    let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let divisor = Double(2 * configuration.layers).squareRoot()
    for (number, tensor) in parameters.tensors.enumerated() {
      let values = elements(of: tensor, in: values)
      guard tensor.shape.count > 1 else {
        values.update(repeating: 1)
        continue
      }
      let endsBlock = tensor.name.hasSuffix("o_proj.weight") || tensor.name.hasSuffix("down_proj.weight")
      let scale = endsBlock ? deviation / divisor : deviation
      for pair in 0..<(values.count + 1) / 2 {
        let words = Philox4x32.words(
          counter: SIMD4(UInt32(truncatingIfNeeded: pair), UInt32(truncatingIfNeeded: pair >> 32), UInt32(number), 0),
          key: key)
        let radius = scale * (-2 * log((Double(words.x) + 1) / 0x1p32)).squareRoot()
        let angle = 2 * Double.pi * Double(words.y) / 0x1p32
        values[2 * pair] = Float(radius * cos(angle))
        if 2 * pair + 1 < values.count { values[2 * pair + 1] = Float(radius * sin(angle)) }
      }
    }
  }
}
