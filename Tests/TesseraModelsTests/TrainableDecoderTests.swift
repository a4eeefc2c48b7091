import Foundation
import Tessera
import TesseraModels
import TesseraReference
import Testing

/// The whole decoder's gradients, against central differences of the oracle in double precision.
@Suite struct TrainableDecoderTests {
  static let sizes = DecoderConfiguration(
    layers: 2, width: 8, feedForwardWidth: 12, queryHeads: 2, keyValueHeads: 1, vocabularySize: 11, contextLength: 16)
  private static let (sequences, length) = (2, 6)
  private static let tokens: [Int32] = [1, 7, 7, 0, 10, 3, 5, 2, 9, 1, 4, 8]
  /// What comes next; one does not count.
  private static let targets: [Int32] = [7, 7, 0, 10, 3, 6, 2, 9, -100, 4, 8, 0]

  private static func decoder(
    tied: Bool, threads: Int = 2, instructionSet: InstructionSet = .portable, recomputes: Bool = true,
    ledger: Ledger? = nil
  ) throws -> TrainableDecoder {
    var context = ExecutionContext(pool: try WorkerPool(threadCount: threads), instructionSet: instructionSet)
    context.ledger = ledger
    let decoder = try TrainableDecoder(
      sizes, tiesEmbedding: tied, sequences: sequences, length: length, recomputes: recomputes, context: context)
    // Larger than what training begins with, so that nothing is nearly linear.
    var random = SeededGenerator(seed: 5)
    for tensor in decoder.parameters.tensors {
      let values = decoder.elements(of: tensor, in: decoder.values)
      let centre: Float = tensor.shape.count == 1 ? 1 : 0
      for index in values.indices { values[index] = centre + Float.random(in: -0.5...0.5, using: &random) }
    }
    return decoder
  }

  @Test(arguments: [true, false], InstructionSet.allCases.filter(\.isAvailable))
  func gradientsAreTheOraclesDifferences(tied: Bool, instructionSet: InstructionSet) throws {
    let decoder = try Self.decoder(tied: tied, instructionSet: instructionSet)
    let loss = try decoder.loss(of: Self.tokens, targets: Self.targets)
    var oracle = TrainingOracle(decoder)
    let expected = oracle.loss(Self.tokens, Self.targets, sequences: Self.sequences)
    #expect(abs(Double(loss) - expected) < 1e-5 * expected)
    for tensor in decoder.parameters.tensors {
      let gradients = decoder.elements(of: tensor, in: decoder.gradients)
      let largest = Double(gradients.map(\.magnitude).max()!)
      #expect(largest > 0 && largest.isFinite, "\(tensor.name)")
      // Every third is enough to meet each row and column, and takes a third of the time.
      for index in stride(from: 0, to: gradients.count, by: 3) {
        let difference = oracle.derivative(
          tensor.name, index, of: Self.tokens, Self.targets, sequences: Self.sequences)
        #expect(
          abs(Double(gradients[index]) - difference) < 1e-4 * max(largest, 1e-3),
          "\(tensor.name) at \(index): \(gradients[index]), expected \(difference)")
      }
    }
    withExtendedLifetime(decoder) {}
  }

  @Test func bitsAreTheSameForAnyNumberOfThreads() throws {
    func bits(threads: Int) throws -> [UInt32] {
      let decoder = try Self.decoder(tied: true, threads: threads)
      let loss = try decoder.loss(of: Self.tokens, targets: Self.targets)
      return [loss.bitPattern] + decoder.gradients.bits
    }
    let expected = try bits(threads: 1)
    for threads in [2, 3, 8] { #expect(try bits(threads: threads) == expected, "\(threads) threads") }
  }

  /// Nothing of one call is left for the next.
  @Test func aSecondCallGivesTheSame() throws {
    let decoder = try Self.decoder(tied: true)
    let first = try decoder.loss(of: Self.tokens, targets: Self.targets)
    let gradients = decoder.gradients.bits
    _ = try decoder.loss(of: Array(Self.tokens.reversed()), targets: Self.targets)
    #expect(try decoder.loss(of: Self.tokens, targets: Self.targets) == first)
    #expect(decoder.gradients.bits == gradients)
  }

  @Test func keepingGivesWhatRecomputingDoes() throws {
    let (again, kept) = (try Self.decoder(tied: false), try Self.decoder(tied: false, recomputes: false))
    #expect(try again.loss(of: Self.tokens, targets: Self.targets) == kept.loss(of: Self.tokens, targets: Self.targets))
    let pairs = zip(again.gradients.bits, kept.gradients.bits).map { (Float(bitPattern: $0), Float(bitPattern: $1)) }
    // A norm by itself and one that adds may round differently.
    #expect(pairs.allSatisfy { abs($0 - $1) < 1e-6 })
    // Two norms' results of 8 columns and SwiGLU's 12, of two layers; one row of SwiGLU's is shared otherwise.
    let rows = Self.sequences * Self.length
    #expect(kept.workspaceBytes - again.workspaceBytes >= 4 * rows * (2 * (8 + 8 + 12) - 12))
  }

  /// Of R rows of two layers: two norms read and write 8 columns and read a weight, SwiGLU reads twice 12 and writes
  /// 12.
  @Test func recomputingMovesTheBytesOfWhatItMakesAgain() throws {
    func leastBytes(recomputes: Bool) throws -> Int {
      let ledger = Ledger()
      let decoder = try Self.decoder(tied: true, recomputes: recomputes, ledger: ledger)
      _ = try decoder.loss(of: Self.tokens, targets: Self.targets)
      return ledger.entries.values.reduce(0) { $0 + $1.leastBytes }
    }
    let rows = Self.sequences * Self.length
    let expected = 2 * 4 * (rows * (4 * 8 + 3 * 12) + 2 * 8)
    #expect(try leastBytes(recomputes: true) - leastBytes(recomputes: false) == expected)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    func refuse(_ operand: String, _ change: (inout DecoderConfiguration) -> Void) {
      var sizes = Self.sizes
      change(&sizes)
      let error = #expect(throws: TesseraError.self) {
        _ = try TrainableDecoder(sizes, sequences: Self.sequences, length: Self.length)
      }
      #expect(error.map { "\($0)".contains(operand) } == true)
    }
    refuse("layers") { $0.layers = 0 }
    refuse("query heads") { ($0.queryHeads, $0.keyValueHeads) = (3, 2) }
    refuse("head dimension") { $0.headDimension = 3 }
    refuse("length") { $0.contextLength = Self.length - 1 }
    refuse("configuration") { $0.valueDimension = 2 }
    let decoder = try Self.decoder(tied: true)
    func beginning(_ ids: [Int32], with first: Int32) -> [Int32] { [first] + Array(ids.dropFirst()) }
    for wrong in [
      Array(Self.tokens.dropLast()), beginning(Self.tokens, with: 11), beginning(Self.tokens, with: -100),
    ] {
      #expect(throws: TesseraError.self) { _ = try decoder.loss(of: wrong, targets: Self.targets) }
    }
    let targets = beginning(Self.targets, with: 11)
    #expect(throws: TesseraError.self) { _ = try decoder.loss(of: Self.tokens, targets: targets) }
  }
}
