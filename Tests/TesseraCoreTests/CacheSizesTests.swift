import TesseraCore
import Testing

@Suite struct CacheSizesTests {
  private func sizes(_ level1: Int, _ level2: Int, _ level3: Int, sharers: Int) -> CacheSizes {
    CacheSizes(level1: level1 << 10, level2: level2 << 10, level3: level3 << 20, level3Sharers: sharers)
  }

  @Test("A core keeps its own levels and a share of the last one, of which it is not told more than there is")
  func fastMemory() {
    // A desktop's eight cores of two threads, and two processors of it that a virtual machine has.
    #expect(sizes(48, 1024, 32, sharers: 16).fastMemoryBytes == 3 << 20)
    #expect(sizes(48, 1024, 32, sharers: 2).fastMemoryBytes == 17 << 20)
    // A virtual machine that sees a server's whole last level.
    #expect(sizes(48, 2048, 300, sharers: 2).fastMemoryBytes == 32 << 20)
    // No last level; a second one of 64 MiB, which is a core's own; a first one alone.
    #expect(sizes(64, 1024, 0, sharers: 1).fastMemoryBytes == 1 << 20)
    #expect(sizes(64, 64 << 10, 0, sharers: 1).fastMemoryBytes == 64 << 20)
    #expect(sizes(64, 0, 0, sharers: 1).fastMemoryBytes == 64 << 10)
  }

  @Test("Cold calls touch four times what all processors keep, within bounds")
  func cold() {
    #expect(sizes(48, 2048, 300, sharers: 2).coldByteCount(processors: 2) == 256 << 20)
    #expect(sizes(48, 1024, 32, sharers: 2).coldByteCount(processors: 2) == 136 << 20)
    // Two last levels of 32 MiB, then a server's twelve.
    #expect(sizes(48, 1024, 32, sharers: 16).coldByteCount(processors: 32) == 384 << 20)
    #expect(sizes(48, 1024, 32, sharers: 16).coldByteCount(processors: 192) == 512 << 20)
    // A process that may use one processor has the whole last level to itself.
    #expect(sizes(48, 1024, 32, sharers: 16).coldByteCount(processors: 1) == 192 << 20)
    #expect(sizes(64, 1024, 0, sharers: 1).coldByteCount(processors: 4) == 64 << 20)
  }
}
