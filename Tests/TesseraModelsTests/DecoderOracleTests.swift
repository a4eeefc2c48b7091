import Tessera
import TesseraModels
import TesseraReference
import Testing

/// The decoder against its definition in double precision, with the weights as the oracle reads them from the file.
@Suite(.enabled(if: ModelUnderTest.isWanted, "\(ModelUnderTest.skipReason)"))
struct DecoderOracleTests {
  @Test func logitsAreTheOracles() throws {
    let ids = Array(DecoderFixture.smollm2.ids.prefix(200))
    let model = try ModelUnderTest.model()
    let expected = try ReferenceDecoder(ModelUnderTest.file()).logits(of: ids)
    let decoder = try TransformerDecoder(model, cacheShape: model.cacheShape(capacity: ids.count))
    var (largest, worst, compared) = (0.0, 0.0, 0)
    try decoder.prefill(ids) { first, logits in
      for (index, logit) in logits.enumerated() {
        let value = expected[first * model.configuration.vocabularySize + index]
        largest = max(largest, value.magnitude)
        // A maximum would forget NaN.
        let difference = (Double(logit) - value).magnitude
        if !(difference <= worst) { worst = difference }
        compared += 1
      }
    }
    #expect(compared == expected.count)
    // Measured: 1.6e-6.
    #expect(worst / largest < 1e-5)
  }
}
