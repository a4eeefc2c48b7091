import Tessera
import TesseraReport
import Testing

@Suite struct LayerProblemTests {
  private func operand(ofError body: () throws -> LayerProblem) -> String? {
    do {
      _ = try body()
      return nil
    } catch TesseraError.invalidOperand(_, let operand, let expected, let actual) {
      #expect(!expected.isEmpty && !actual.isEmpty)
      return operand
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [0, -1, .min, .max, 1 << 31]) func extentsOutOfRange(extent: Int) {
    #expect(operand { try LayerProblem(batch: extent) } == "batch")
    #expect(operand { try LayerProblem(length: extent) } == "length")
    #expect(operand { try LayerProblem(hidden: extent) } == "hidden")
    #expect(operand { try LayerProblem(heads: extent) } == "heads")
    #expect(operand { try LayerProblem(feedforward: extent) } == "feedforward")
  }

  @Test func headsDivideTheHiddenWidth() {
    #expect(operand { try LayerProblem(hidden: 1000, heads: 16) } == "hidden")
    #expect(operand { try LayerProblem(hidden: 8, heads: 16) } == "hidden")
  }

  @Test(arguments: [-0.1, 1.1, .nan, .infinity]) func dropoutOutOfRange(dropout: Double) {
    #expect(operand { try LayerProblem(dropout: dropout) } == "dropout")
  }

  @Test func sizesBeyondTheMemory() {
    let sizes = "batch, length, hidden, heads, feedforward"
    #expect(operand { try LayerProblem(length: 1 << 20) } == sizes)
    let largest = Extent.largest
    #expect(
      operand {
        try LayerProblem(
          batch: largest, length: largest, hidden: largest, heads: largest, feedforward: largest, memoryLimit: .max)
      } == sizes)
    #expect(operand { try LayerProblem(memoryLimit: 1_000_000_000) } == sizes)
    // The library's own layer has weights of its own, twice.
    let wide = 16384
    let limit = 15 << 30
    #expect(
      operand {
        try LayerProblem(batch: 1, length: 1, hidden: wide, heads: 32, feedforward: 4 * wide, memoryLimit: limit)
      } == nil)
    #expect(
      operand {
        try LayerProblem(
          batch: 1, length: 1, hidden: wide, heads: 32, feedforward: 4 * wide, withEncoderLayer: true,
          memoryLimit: limit)
      } == sizes)
    #expect(operand { try LayerProblem(memoryLimit: 2_000_000_000) } == nil)
  }

  /// What is refused is decided from an estimate; it must not be far from what is then allocated.
  @Test func estimateIsNearTheAllocation() throws {
    let bytes = LayerTable(try LayerProblem(memoryLimit: .max)).byteCount
    #expect(operand { try LayerProblem(memoryLimit: bytes / 100 * 98) } != nil)
    #expect(operand { try LayerProblem(memoryLimit: bytes / 100 * 102) } == nil)
  }
}
