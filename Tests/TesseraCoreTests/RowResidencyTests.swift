import TesseraCore
import Testing

/// Counts by hand of what row loops move.
@Suite struct RowResidencyTests {
  private typealias Stream = RowResidency.Stream
  private typealias Pass = RowResidency.Pass

  /// BDRLN in training: 64 columns, so 256 bytes a stream.
  private static let fused: [RowResidency.Pass] = {
    func stream(_ name: String, _ kind: RowResidency.Stream.Kind) -> RowResidency.Stream {
      .init(name, bytes: 256, kind)
    }
    return [
      .init(
        reads: [stream("input", .perRow), stream("bias", .shared), stream("residual", .perRow)],
        writes: [stream("scratch", .scratch), stream("sum", .perRow)]),
      .init(reads: [stream("scratch", .scratch)], writes: []),
      .init(
        reads: [stream("scratch", .scratch), stream("weight", .shared), stream("shift", .shared)],
        writes: [stream("output", .perRow)]),
    ]
  }()

  @Test func everythingStays() {
    let residency = RowResidency(passes: Self.fused, capacity: 1 << 20)
    // input, residual, bias, weight and shift; sum and output.
    #expect(residency.firstRow == Traffic(readBytes: 5 * 256, writtenBytes: 2 * 256))
    // input and residual; the shared rows have stayed.
    #expect(residency.laterRow == Traffic(readBytes: 2 * 256, writtenBytes: 2 * 256))
    #expect(residency.traffic(rows: 10) == Traffic(readBytes: 5 * 256 + 9 * 512, writtenBytes: 20 * 256))
    #expect(residency.traffic(rows: 0) == Traffic())
  }

  @Test func nothingStays() {
    // Less than one stream: every touch misses. The scratch row goes out once, after it was written, and comes in again
    // for each later pass.
    let residency = RowResidency(passes: Self.fused, capacity: 100)
    let row = Traffic(readBytes: (3 + 1 + 3) * 256, writtenBytes: (2 + 1) * 256)
    #expect(residency.firstRow == row)
    #expect(residency.laterRow == row)
  }

  @Test func partOfARowStays() {
    // Softmax, with room for one row and a half.
    let input = Stream("input", bytes: 256, .perRow)
    let scratch = Stream("scratch", bytes: 256, .scratch)
    let passes = [
      Pass(reads: [input], writes: []), Pass(reads: [input], writes: [scratch]),
      Pass(reads: [scratch], writes: [Stream("output", bytes: 256, .perRow)]),
    ]
    // As the second pass goes on, scratch takes the room of input not yet read again: the first half of it hits.
    // Between scratch's store and its load lie the rest of the one pass and the begin of the other, two rows
    // everywhere.
    let residency = RowResidency(passes: passes, capacity: 384)
    #expect(residency.firstRow == Traffic(readBytes: 256 + 128 + 256, writtenBytes: 256 + 256))
    #expect(residency.laterRow == residency.firstRow)
  }

  @Test func scratchThatLeavesAfterItsLastUseIsStillStored() {
    let scratch = Stream("scratch", bytes: 256, .scratch)
    let passes = [
      Pass(reads: [], writes: [scratch]), Pass(reads: [scratch], writes: []),
      Pass(reads: [Stream("other", bytes: 1024, .perRow)], writes: []),
    ]
    let residency = RowResidency(passes: passes, capacity: 600)
    #expect(residency.firstRow == Traffic(readBytes: 1024))
    #expect(residency.laterRow == Traffic(readBytes: 1024, writtenBytes: 256))
  }

  @Test func sharedRowsLeaveBetweenRows() {
    // A row touches 8 streams, 2 KiB; with 1.5 KiB the scratch row stays between passes and the shared rows do not.
    let residency = RowResidency(passes: Self.fused, capacity: 1536)
    #expect(residency.laterRow == Traffic(readBytes: 5 * 256, writtenBytes: 2 * 256))
  }

  @Test func onePassHasNothingToKeep() {
    let passes = [
      Pass(reads: [Stream("input", bytes: 40, .perRow)], writes: [Stream("output", bytes: 40, .perRow)])
    ]
    for capacity in [0, 40, 80, 1 << 20] {
      let residency = RowResidency(passes: passes, capacity: capacity)
      #expect(residency.traffic(rows: 3) == Traffic(readBytes: 120, writtenBytes: 120))
    }
  }
}

@Suite struct RowPartitionTests {
  @Test(arguments: [(0, 100), (1, 4), (7, 1 << 22), (4096, 16384), (100_000, 1), (513, 12_289)])
  func itemsCoverEveryRowOnce(rows: Int, bytesPerRow: Int) {
    let partition = RowPartition(rows: rows, bytesPerRow: bytesPerRow)
    var next = 0
    for item in 0..<partition.itemCount {
      let range = partition.rows(ofItem: item)
      #expect(range.lowerBound == next && !range.isEmpty)
      next = range.upperBound
    }
    #expect(next == rows)
  }
}

/// Plans take a short way where everything fits; it must say what the general way says.
@Suite struct RowResidencyShortcutTests {
  @Test func bothWaysAgree() {
    func stream(_ name: String, _ kind: RowResidency.Stream.Kind) -> RowResidency.Stream {
      .init(name, bytes: 64, kind)
    }
    let passes: [RowResidency.Pass] = [
      .init(reads: [stream("input", .perRow), stream("bias", .shared)], writes: [stream("scratch", .scratch)]),
      .init(reads: [stream("scratch", .scratch), stream("input", .perRow)], writes: [stream("output", .perRow)]),
    ]
    // Six touches of 64 bytes: three rows of them are 1152, and less than 1000 distinct bytes come between two touches.
    let short = RowResidency(passes: passes, capacity: 1152)
    let general = RowResidency(passes: passes, capacity: 1000)
    #expect(short.firstRow == general.firstRow)
    #expect(short.laterRow == general.laterRow)
  }
}
