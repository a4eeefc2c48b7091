import Tessera
import Testing

extension TrafficTests {
  /// One item each. The bias's gradient costs its own values, and what a call in place adds to is read as well.
  @Test func linearGradientsByHand() throws {
    let extents: Extents = [.rows: 64, .columns: 32, .depth: 48]
    let (outputGradient, input, weight, bias) = (64 * 32 * 4, 64 * 48 * 4, 32 * 48 * 4, 32 * 4)
    let ofInput = try counted("linear-input-gradient", extents, fastMemoryBytes: 1 << 20)
    #expect(
      ofInput.traffic == Traffic(readBytes: outputGradient + weight, writtenBytes: input, updates: 1))
    #expect(ofInput.leastBytes == outputGradient + weight + input)
    #expect(ofInput.floatingPointOperations == 2 * 64 * 32 * 48)
    let ofWeight = try counted("linear-weight-gradient", extents, fastMemoryBytes: 1 << 20)
    #expect(
      ofWeight.traffic == Traffic(readBytes: outputGradient + input, writtenBytes: weight + bias, updates: 2))
    #expect(ofWeight.leastBytes == outputGradient + input + weight + bias)
    #expect(ofWeight.floatingPointOperations == 2 * 64 * 32 * 48 + 64 * 32)
    let onto = try counted("linear-weight-gradient", extents, fastMemoryBytes: 1 << 20) { $0.isInPlace = true }
    #expect(
      onto.traffic
        == Traffic(readBytes: outputGradient + input + weight + bias, writtenBytes: weight + bias, updates: 2))
    #expect(onto.leastBytes == outputGradient + input + 2 * (weight + bias))
    let plain = try counted("linear-weight-gradient", extents, fastMemoryBytes: 1 << 20) { $0.hasBias = false }
    #expect(plain.traffic == Traffic(readBytes: outputGradient + input, writtenBytes: weight, updates: 1))
    #expect(plain.floatingPointOperations == 2 * 64 * 32 * 48)
    // Nothing is multiplied, and the bias's gradient is a sum all the same.
    let alone = try counted(
      "linear-weight-gradient", [.rows: 64, .columns: 32, .depth: 0], fastMemoryBytes: 1 << 20)
    #expect((alone.traffic.readBytes, alone.traffic.writtenBytes) == (outputGradient, bias))
  }
}
