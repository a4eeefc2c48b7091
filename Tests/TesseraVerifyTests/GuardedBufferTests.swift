import Tessera
import TesseraVerify
import Testing

/// Guarded memory must end a process that leaves it.
@Suite struct GuardedBufferTests {
  @Test(arguments: GuardedBuffer.Placement.allCases, [0, 1, 12, 4096, 5000])
  func holdsWhatWasAskedFor(placement: GuardedBuffer.Placement, count: Int) throws {
    let buffer = try GuardedBuffer(byteCount: count, placement: placement)
    #expect(buffer.bytes.count == count && buffer.bytes.baseAddress != nil)
    #expect(buffer.isAllFiller)
    let snapshot = buffer.snapshot
    guard count > 0 else { return }
    buffer.bytes[count - 1] = 0
    #expect(!buffer.isAllFiller && !buffer.isUnchanged(since: snapshot))
    buffer.fill()
    #expect(buffer.isAllFiller && buffer.isUnchanged(since: snapshot))
  }

  @Test func readingPastTheEndEndsTheProcess() async {
    await #expect(processExitsWith: .failure) {
      let buffer = try GuardedBuffer(byteCount: 12, placement: .endsAtGuard)
      print(buffer.bytes.baseAddress!.load(fromByteOffset: 12, as: UInt8.self))
    }
  }

  @Test func readingBeforeTheStartEndsTheProcess() async {
    await #expect(processExitsWith: .failure) {
      let buffer = try GuardedBuffer(byteCount: 12, placement: .beginsAtGuard)
      print(buffer.bytes.baseAddress!.load(fromByteOffset: -1, as: UInt8.self))
    }
  }
}
