import TesseraCore
import Testing

@Suite struct CountTests {
  @Test func sumsOfProducts() {
    let count = Count(2, .rows, .columns) + Count(1, .columns) + Count(0)
    #expect(count([.rows: 3, .columns: 5]) == 35)
    #expect(count.description == "2 · rows · columns + columns")
    #expect(Count(0).description == "0")
    #expect(Count(7)([:]) == 7)
  }

  @Test func overflowAndNegativeExtentsAreNoCount() {
    #expect(Count(2, .rows, .columns).checked([.rows: .max, .columns: 2]) == nil)
    #expect(Count(1, .rows).checked([.rows: -1]) == nil)
    #expect((Count(1, .rows) + Count(1, .columns)).checked([.rows: .max, .columns: 1]) == nil)
  }

  @Test func theNearestMixBounds() {
    #expect(BandwidthKind(readBytes: 100, writtenBytes: 0, inPlace: false) == .read)
    #expect(BandwidthKind(readBytes: 100, writtenBytes: 100, inPlace: false) == .copy)
    #expect(BandwidthKind(readBytes: 100, writtenBytes: 100, inPlace: true) == .inPlace)
    #expect(BandwidthKind(readBytes: 200, writtenBytes: 100, inPlace: false) == .twoToOne)
    #expect(BandwidthKind(readBytes: 100, writtenBytes: 200, inPlace: false) == .oneToTwo)
    #expect(BandwidthKind(readBytes: 100, writtenBytes: 125, inPlace: false) == .copy)
  }
}
