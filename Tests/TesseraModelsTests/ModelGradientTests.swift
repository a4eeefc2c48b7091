import Foundation
import Tessera
import TesseraModels
import Testing

/// A gradient step of SmolLM2's own layers, from its dequantised weights, against PyTorch's.
@Suite(.serialized, .enabled(if: ModelUnderTest.isWanted, "\(ModelUnderTest.skipReason)"))
struct ModelGradientTests {
  /// Rows of queries and keys as the file has them, and as Hugging Face's files do, as PyTorch had them.
  @Test(arguments: RotaryPairing.allCases) func ofTheFirstLayers(pairing: RotaryPairing) throws {
    try GradientComparison(layers: 2, pairing).check()
  }
}

/// The same of all 30 layers, which takes more than a gigabyte of memory.
@Suite(.enabled(if: ModelUnderTest.isWanted, "\(ModelUnderTest.skipReason)"))
struct WholeModelGradientTests {
  @Test func ofAllLayers() throws { try GradientComparison(layers: 30, .halfSplit).check() }
}

/// One case of the fixture beside the decoder's gradients.
private struct GradientComparison {
  private let fixture: GradientFixture.Case
  private let decoder: TrainableDecoder
  private let pairing: RotaryPairing
  private let loss: Float

  init(layers: Int, _ pairing: RotaryPairing) throws {
    let ids = GradientFixture.smollm2.ids
    let model = try ModelUnderTest.model()
    var sizes = model.configuration
    (sizes.layers, sizes.rotaryPairing) = (layers, pairing)
    fixture = try #require(GradientFixture.smollm2.cases.first { $0.layers == layers })
    decoder = try TrainableDecoder(sizes, sequences: 1, length: ids.count - 1)
    try decoder.initialize(from: model)
    loss = try decoder.loss(of: ids.dropLast(), targets: ids.dropFirst())
    self.pairing = pairing
  }

  /// The rule of gradients (docs/numerics.md): three times the error of single precision, which is PyTorch's but for
  /// one sum in plain loops, and 4 ε of the value.
  func check() {
    let epsilon = Double(Float.ulpOfOne)
    let lossBound = 3 * fixture.lossError + 4 * epsilon * fixture.loss
    #expect(abs(Double(loss) - fixture.loss) <= lossBound, "loss \(loss), expected \(fixture.loss)")
    #expect(fixture.gradients.count == decoder.parameters.tensors.count)
    for expected in fixture.gradients {
      guard let tensor = decoder.parameters.tensors.first(where: { $0.name == expected.name }) else {
        Issue.record("no gradient of \(expected.name)")
        continue
      }
      let gradient = decoder.elements(of: tensor, in: decoder.gradients)
      let found = GradientFixture.measure(gradient)
      let bound = 3 * expected.error + 4 * epsilon * expected.norm
      #expect(abs(found.norm - expected.norm) <= bound, "\(tensor.name): norm \(found.norm), expected \(expected.norm)")
      // Rows in another order have other signs; that their norm is right is all that is asked of them.
      if pairing != .halfSplit, tensor.name.contains("q_proj") || tensor.name.contains("k_proj") { continue }
      let difference = found.sums - SIMD8(expected.sums)
      let error = (difference * difference).sum() / 8
      #expect(error.squareRoot() <= bound, "\(tensor.name): off by \(error.squareRoot()), at most \(bound)")
    }
    withExtendedLifetime(decoder) {}
  }
}
