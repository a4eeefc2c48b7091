import TesseraCore
import Testing

/// Spans of a buffer's memory that may be written.
@Suite struct AlignedBufferTests {
  @Test func aSpanIsTheBuffersMemory() throws {
    let buffer = try AlignedBuffer<Int32>(repeating: 1, count: 3)
    let count = buffer.withMutableSpan { span in
      var span = span
      for index in span.indices { span[index] += Int32(index) }
      return span.count
    }
    #expect(count == 3 && Array(buffer.elements) == [1, 2, 3])
    #expect(try AlignedBuffer<Int32>(uninitializedCount: 0).withMutableSpan { $0.isEmpty })
  }

  @Test func whatTheBodyThrowsIsThrown() throws {
    let buffer = try AlignedBuffer<Int32>(repeating: 1, count: 3)
    #expect(throws: TesseraError.outOfMemory(byteCount: 1)) {
      try buffer.withMutableSpan { _ throws(TesseraError) in throw .outOfMemory(byteCount: 1) }
    }
  }
}
