import TesseraCore
import TesseraReference
import Testing

/// Dropout's decisions, by hand from published words and as frequencies.
@Suite struct DropoutOracleTests {
  /// Counter 0 under key 0 gives 6627e8d5 e169c58d bc57ac4c 9b00dbd8: draws e8d5 6627 c58d e169 ac4c bc57 dbd8 9b00.
  @Test func drawsAreHalvesOfTheWordsLowFirst() {
    let result = oracle("dropout", [.rows: 1, .columns: 8], ["input": Array(repeating: 3, count: 8)]) {
      // Half way between the third and the fourth of the sorted draws 6627 9b00 ac4c bc57 c58d dbd8 e169 e8d5.
      $0.dropProbability = Double(0xB000) / 65536
    }
    #expect(result["mask"] == [1, 0, 1, 1, 0, 1, 1, 0])
    let kept = 3 / (1 - Double(0xB000) / 65536)
    #expect(isClose(result["output"], [kept, 0, kept, kept, 0, kept, kept, 0]))
  }

  @Test func aDrawEqualToTheThresholdIsKept() {
    for (threshold, kept) in [(0xE8D5, 1.0), (0xE8D6, 0.0)] {
      let result = oracle("dropout", [.rows: 1, .columns: 1], ["input": [1]]) {
        $0.dropProbability = Double(threshold) / 65536
      }
      #expect(result["mask"] == [kept])
    }
  }

  /// Counter (243f6a88, 85a308d3, 13198a2e, 03707344) is far; this checks that each word has its own coordinate.
  @Test func everyCoordinateMatters() {
    let extents: Extents = [.planes: 2, .rows: 2, .columns: 16]
    let input = [String: [Double]](dictionaryLiteral: ("input", Array(repeating: 1, count: 64)))
    func mask(_ seed: UInt64, _ offset: UInt32) -> [Double] {
      oracle("dropout", extents, input) {
        ($0.dropProbability, $0.seed, $0.offset) = (0.5, seed, offset)
      }["mask"]!
    }
    let base = mask(1, 0)
    let eights = stride(from: 0, to: 64, by: 8).map { Array(base[$0..<$0 + 8]) }
    #expect(Set(eights).count == 8)
    for other in [mask(2, 0), mask(1 + 1 << 32, 0), mask(1, 1)] { #expect(other != base) }
    #expect(mask(1, 0) == base)
  }

  @Test func keptFractionLiesWithinBinomialBounds() throws {
    let (count, p) = (1 << 16, 0.1)
    let result = oracle("dropout", [.rows: 256, .columns: 256], ["input": Array(repeating: 1, count: count)]) {
      $0.dropProbability = p
      $0.seed = 7
    }
    let kept = try #require(result["mask"]).reduce(0, +)
    let effective = (p * 65536).rounded() / 65536
    let deviation = (Double(count) * effective * (1 - effective)).squareRoot()
    #expect(abs(kept - Double(count) * (1 - effective)) < 5 * deviation)
  }

  @Test func theEndsOfTheRange() {
    let input: [Double] = [1, .nan, .infinity, -4]
    let extents: Extents = [.rows: 1, .columns: 4]
    let none = oracle("dropout", extents, ["input": input]) { $0.dropProbability = 0 }
    #expect(none["mask"] == [1, 1, 1, 1])
    #expect(none["output"]?[0] == 1 && none["output"]?[3] == -4 && none["output"]?[1].isNaN == true)
    let all = oracle("dropout", extents, ["input": input]) { $0.dropProbability = 1 }
    #expect(all["mask"] == [0, 0, 0, 0])
    #expect(all["output"] == [0, 0, 0, 0])
  }
}
