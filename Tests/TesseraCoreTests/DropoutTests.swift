import TesseraCore
import Testing

@Suite struct PhiloxTests {
  /// Known answers that Random123's authors publish with the generator (kat_vectors, philox4x32 with 10 rounds).
  @Test(
    arguments: [
      ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      (
        [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ] as [([UInt32], [UInt32], [UInt32])])
  func knownAnswers(counter: [UInt32], key: [UInt32], words: [UInt32]) {
    let result = Philox4x32.words(
      counter: SIMD4(counter[0], counter[1], counter[2], counter[3]), key: SIMD2(key[0], key[1]))
    #expect((0..<4).map { result[$0] } == words)
    let draws = Philox4x32.draws(
      counter: SIMD4(counter[0], counter[1], counter[2], counter[3]), key: SIMD2(key[0], key[1]))
    #expect((0..<8).map { UInt32(draws[$0]) } == words.flatMap { [$0 & 0xFFFF, $0 >> 16] })
  }
}

@Suite struct DropoutTests {
  @Test(arguments: [-0.1, 1.1, .nan, .infinity, -.infinity])
  func probabilityOutsideZeroToOneIsAnError(probability: Double) {
    #expect(throws: TesseraError.self) { try Dropout(probability: probability, seed: 0) }
  }

  @Test func thresholdRoundsTheProbability() throws {
    #expect(try Dropout(probability: 0, seed: 0).threshold == 0)
    #expect(try Dropout(probability: 0.1, seed: 0).threshold == 6554)
    #expect(try Dropout(probability: 0.5, seed: 0).threshold == 32768)
    #expect(try Dropout(probability: 1, seed: 0).threshold == 65536)
    #expect(try Dropout(probability: 0.5, seed: 0).keepScale == 2)
    #expect(try Dropout(probability: 1, seed: 0).keepScale == 0)
  }

  /// Every variant's mask against the definition, draw by draw.
  @Test(arguments: DropoutMaskKernels.variants.map(\.instructionSet))
  func masksFollowTheDefinition(instructionSet: InstructionSet) throws {
    guard instructionSet.isAvailable else {
      print("skipped: dropout masks of \(instructionSet), which this machine cannot run")
      return
    }
    for (probability, seed, offset) in [(0.1, 0, 0), (0.5, 0xDEAD_BEEF_0123_4567, 7), (0.999, .max, .max)]
      as [(Double, UInt64, UInt32)]
    {
      let dropout = try Dropout(probability: probability, seed: seed, offset: offset)
      for columns in Array(0...70) + [511, 512, 513, 1000] {
        for (plane, row) in [(0, 0), (3, 1), (70_000, 100_000)] {
          var mask = [UInt8](repeating: 7, count: columns + 1)
          mask.withUnsafeMutableBufferPointer {
            dropout.writeMask(
              plane: plane, row: row, into: UnsafeMutableBufferPointer(rebasing: $0[..<columns]),
              instructionSet: instructionSet)
          }
          let expected = (0..<columns).map { dropout.keeps(plane: plane, row: row, column: $0) ? UInt8(1) : 0 }
          #expect(Array(mask[..<columns]) == expected, "\(columns) columns, plane \(plane), row \(row)")
          #expect(mask[columns] == 7, "nothing past the row is written")
        }
      }
    }
  }

  @Test(arguments: [0.01, 0.1, 0.5, 0.9])
  func theKeptFractionIsBinomial(probability: Double) throws {
    let dropout = try Dropout(probability: probability, seed: 42)
    let (rows, columns) = (500, 2000)
    var kept = 0
    var mask = [UInt8](repeating: 0, count: columns)
    for row in 0..<rows {
      mask.withUnsafeMutableBufferPointer { dropout.writeMask(row: row, into: $0) }
      kept += mask.reduce(0) { $0 + Int($1) }
    }
    let count = Double(rows * columns)
    let expected = count * (1 - dropout.effectiveProbability)
    let deviation = (count * dropout.effectiveProbability * (1 - dropout.effectiveProbability)).squareRoot()
    // Five standard deviations: a fair generator fails once in two million seeds, and the seed is fixed.
    #expect(abs(Double(kept) - expected) < 5 * deviation)
  }

  @Test func coordinatesAllMatter() throws {
    func mask(_ dropout: Dropout, plane: Int = 0, row: Int = 0) -> [Bool] {
      (0..<256).map { dropout.keeps(plane: plane, row: row, column: $0) }
    }
    let base = try Dropout(probability: 0.5, seed: 1, offset: 1)
    let reference = mask(base)
    #expect(mask(base, plane: 1) != reference)
    #expect(mask(base, row: 1) != reference)
    #expect(mask(try Dropout(probability: 0.5, seed: 2, offset: 1)) != reference)
    #expect(mask(try Dropout(probability: 0.5, seed: 1 << 32 | 1, offset: 1)) != reference)
    #expect(mask(try Dropout(probability: 0.5, seed: 1, offset: 2)) != reference)
  }
}
