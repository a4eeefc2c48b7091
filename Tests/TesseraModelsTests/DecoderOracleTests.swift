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
    let expected = try oracle(model.configuration).logits(of: ids)
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

  private func oracle(_ sizes: DecoderConfiguration) throws -> ReferenceDecoder {
    let file = try ModelUnderTest.file()
    #expect(!file.contains("output.weight") && sizes.valueDimension == sizes.headDimension)
    #expect(sizes.rotaryColumns == sizes.headDimension && sizes.rotaryScale == 1)
    var oracle = ReferenceDecoder { name, row in
      let tensor = try! file.tensor(named: name)
      let type = tensor.elementType
      return stride(from: 0, to: tensor.rowBytes, by: type.blockBytes).flatMap { first in
        let block = Array(tensor.bytes[row * tensor.rowBytes + first..<row * tensor.rowBytes + first + type.blockBytes])
        return (0..<type.blockElements).map { storedElement($0, of: block, format: type.name) }
      }
    }
    oracle.layers = sizes.layers
    oracle.width = sizes.width
    oracle.feedForwardWidth = sizes.feedForwardWidth
    oracle.queryHeads = sizes.queryHeads
    oracle.keyValueHeads = sizes.keyValueHeads
    oracle.headDimension = sizes.headDimension
    oracle.vocabularySize = sizes.vocabularySize
    oracle.normEpsilon = sizes.normEpsilon
    oracle.rotary.base = sizes.rotaryBase
    return oracle
  }
}
