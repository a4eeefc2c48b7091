import TesseraCore
import Testing

/// How texts write numbers.
@Suite struct NumberTextTests {
  @Test func oneIsNotMany() {
    #expect(counted(0, "run") == "0 runs")
    #expect(counted(1, "run") == "1 run")
    #expect(counted(2, "run") == "2 runs")
  }

  /// As printed: the sign of what is not a number says nothing, that of all else is kept.
  @Test func notANumberHasNoSign() {
    for value in [-Double.nan, .nan] { #expect(value.spelled == "nan" && Float(value).spelled == "nan") }
    #expect((-Double.infinity).spelled == "-inf" && Float(-0.0).spelled == "-0.0" && (0.1 as Float).spelled == "0.1")
    let error = #expect(throws: TesseraError.self) { _ = try Dropout(probability: -.nan, seed: 1) }
    #expect(String(describing: error).contains("got nan"))
  }
}
