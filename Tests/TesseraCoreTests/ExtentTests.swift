import TesseraCore
import Testing

@Suite struct ExtentTests {
  /// Every extent has a place of its own.
  @Test func extentsAreApart() {
    var extents = Extents()
    for (value, extent) in Extent.allCases.enumerated() { extents[extent] = value + 2 }
    for (value, extent) in Extent.allCases.enumerated() { #expect(extents[extent] == value + 2) }
  }

  @Test func extentsThatWereNotGivenAreOne() {
    let extents: Extents = [.rows: 3]
    #expect(extents[.rows] == 3)
    #expect(extents[.planes] == 1)
    #expect(extents.description == "rows 3")
    #expect(extents != [.rows: 3, .planes: 1])
  }
}
