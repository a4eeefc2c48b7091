import Tessera
import Testing

extension TrafficTests {
  /// One item each: what rides on a product is read and written once, and the gradient that it takes nowhere.
  @Test func fusedLinearGradientsByHand() throws {
    let extents: Extents = [.rows: 64, .columns: 32, .depth: 48]
    let (outputGradient, input, weight, bias) = (64 * 32 * 4, 64 * 48 * 4, 32 * 48 * 4, 48 * 4)
    let activation = "linear-input-gradient-activation-dropout"
    let ofReLU = try counted(activation, extents, fastMemoryBytes: 1 << 20) { $0.activation = .relu }
    #expect(
      ofReLU.traffic == Traffic(readBytes: outputGradient + weight + input, writtenBytes: input, updates: 1))
    #expect(ofReLU.leastBytes == outputGradient + weight + 2 * input)
    #expect(ofReLU.floatingPointOperations == 2 * 64 * 32 * 48 + 64 * 48)
    let ofGELU = try counted(activation, extents, fastMemoryBytes: 1 << 20) { $0.activation = .gelu }
    #expect(
      ofGELU.traffic == Traffic(readBytes: outputGradient + weight + input + bias, writtenBytes: input, updates: 1))
    #expect(ofGELU.leastBytes == outputGradient + weight + 2 * input + bias)
    let residual = try counted("linear-input-gradient-residual", extents, fastMemoryBytes: 1 << 20)
    #expect(
      residual.traffic == Traffic(readBytes: outputGradient + weight + input, writtenBytes: input, updates: 1))
    #expect(residual.leastBytes == outputGradient + weight + 2 * input)
    #expect(residual.floatingPointOperations == 2 * 64 * 32 * 48 + 64 * 48)
    let gated = try counted("linear-input-gradient-gated-activation", extents, fastMemoryBytes: 1 << 20) {
      $0.activation = .silu
    }
    #expect(
      gated.traffic == Traffic(readBytes: outputGradient + weight + 2 * input, writtenBytes: 2 * input, updates: 1))
    #expect(gated.leastBytes == outputGradient + weight + 4 * input)
    #expect(gated.floatingPointOperations == 2 * 64 * 32 * 48 + 3 * 64 * 48)
  }
}
