import Foundation
import TesseraModels

/// What PyTorch computes of the model's own weights (Fixtures/Training/make.py, which says what the sums are).
struct GradientFixture: Decodable {
  struct Case: Decodable {
    let layers: Int
    let loss: Double
    /// By how much single precision differed.
    let lossError: Double
    let gradients: [Gradient]
  }

  struct Gradient: Decodable {
    let name: String
    let norm: Double
    /// The norm of what single precision differed by.
    let error: Double
    let sums: [Double]
  }

  /// The tokens, and the last one's target.
  let ids: [Int32]
  let cases: [Case]

  static let smollm2: GradientFixture = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try! Data(contentsOf: folder.appending(path: "Fixtures/Training/smollm2-gradients.json"))
    return try! JSONDecoder().decode(GradientFixture.self, from: data)
  }()

  /// Sums of a gradient's elements, whose signs follow from their places, and its norm.
  static func measure(_ elements: UnsafeMutableBufferPointer<Float>) -> (sums: SIMD8<Double>, norm: Double) {
    var (signs, sums, squares) = (SeededGenerator(seed: 1), SIMD8<Double>.zero, 0.0)
    for element in elements {
      let (value, bits) = (Double(element), SIMD8<UInt64>(repeating: signs.next()) &>> SIMD8(0, 1, 2, 3, 4, 5, 6, 7))
      sums += SIMD8(repeating: value).replacing(with: -value, where: bits & 1 .== 1)
      squares += value * value
    }
    return (sums, squares.squareRoot())
  }
}
