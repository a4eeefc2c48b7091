import Tessera
import TesseraModels
import Testing

/// What a decoder takes for its first values, and what not.
@Suite struct ModelInitializationTests {
  /// Pairs of rotary columns are turned alike wherever their rows lie: the loss is that of the file's order.
  @Test func eitherPairingIsTheSameModel() throws {
    let model = try SyntheticModel().model()
    func loss(_ pairing: RotaryPairing) throws -> Float {
      var sizes = model.configuration
      sizes.rotaryPairing = pairing
      let decoder = try TrainableDecoder(sizes, tiesEmbedding: false, sequences: 1, length: 6)
      try decoder.initialize(from: model)
      return try decoder.loss(of: [3, 14, 15, 9, 2, 6], targets: [14, 15, 9, 2, 6, 5])
    }
    let (first, second) = (try loss(.interleaved), try loss(.halfSplit))
    #expect(first > 0 && abs(first - second) <= 1e-5 * first, "\(first), \(second)")
  }

  @Test func anotherModelIsRefused() throws {
    func refuse(_ text: String, tied: Bool = true, _ change: (inout DecoderConfiguration) -> Void) throws {
      let model = try SyntheticModel().model()
      var sizes = model.configuration
      sizes.layers = 1
      change(&sizes)
      let decoder = try TrainableDecoder(sizes, tiesEmbedding: tied, sequences: 1, length: 4)
      let error = #expect(throws: TesseraError.self) { try decoder.initialize(from: model) }
      #expect(error.map { "\($0)".contains(text) } == true, "\(String(describing: error))")
      #expect(decoder.values.elements.allSatisfy { $0 == 0 })
    }
    try refuse("sizes of the decoder", tied: false) { $0.layers = 3 }
    try refuse("sizes of the decoder", tied: false) { $0.feedForwardWidth = 32 }
    try refuse("tied weights") { _ in }
  }
}
