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
    /// The norm of what single precision differed by, with the output map's gradient in plain loops.
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
    var (random, sums, squares) = (SeededGenerator(seed: 1), SIMD8<Double>.zero, 0.0)
    signs.withUnsafeBufferPointer { signs in
      for element in elements {
        let value = Double(element)
        sums += signs[Int(random.next() & 255)] * value
        squares += value * value
      }
    }
    return (sums, squares.squareRoot())
  }

  /// By a number's lowest eight bits.
  private static let signs: [SIMD8<Double>] = (0..<256).map { bits in
    var signs = SIMD8<Double>(repeating: 1)
    for place in 0..<8 where bits >> place & 1 == 1 { signs[place] = -1 }
    return signs
  }
}
