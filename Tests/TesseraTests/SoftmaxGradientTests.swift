import Tessera
import Testing

/// What the gradient of stored scores promises beyond agreement with the oracle.
@Suite struct SoftmaxGradientTests {
  private static let sets = InstructionSet.allCases.filter(\.isAvailable)

  /// A row's gradient sums to 0, since a constant added to its scores changes nothing; hidden columns have none,
  /// whatever came back to them.
  @Test(arguments: sets, [0, 0.3]) func backFromTheForwardCall(set: InstructionSet, probability: Double) throws {
    let (planes, rows, columns) = (2, 70, 131)
    let layout = MatrixLayout(rows: planes * rows, columns: columns)
    let count = planes * rows * columns
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    let dropout = try Dropout(probability: probability, seed: 5, offset: 9)
    var (scores, gradient) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
    scores.withUnsafeMutableBufferPointer { fillUniform($0, seed: 1) }
    gradient.withUnsafeMutableBufferPointer { fillUniform($0, seed: 2) }
    let mask = AttentionMask.causal(alignment: .topLeft)
    func isHidden(_ index: Int) -> Bool { index % columns > index / columns % rows }
    for index in 0..<count where isHidden(index) { gradient[index] = .nan }
    let kept = try ScaledMaskedSoftmaxDropoutSavedTensors(rows: planes * rows, columns: columns)
    var output = [Float](repeating: 0, count: count)
    try scaledMaskedSoftmaxDropout(
      scores.span, layout, planes: planes, scale: 3, mask: mask, dropout: dropout, output: output.mutableSpan,
      keeping: kept, context: context)
    var result = [Float](repeating: .nan, count: count)
    try scaledMaskedSoftmaxDropoutGradient(
      gradient.span, layout, planes: planes, kept: kept, scale: 3, dropout: dropout,
      inputGradient: result.mutableSpan, context: context)
    for row in 0..<planes * rows {
      let sum = result[row * columns..<(row + 1) * columns].reduce(0) { $0 + Double($1) }
      #expect(abs(sum) < 1e-5)
    }
    for index in 0..<count where isHidden(index) { #expect(result[index] == 0) }
    #expect(result.count { $0 != 0 } > count / 8)
  }

  /// 64 rows of 100 columns, counted by hand: 64 KiB are 54 rows of three streams.
  @Test func bytesByHand() throws {
    let ledger = Ledger()
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 1 << 20)
    let extents: Extents = [.planes: 2, .rows: 32, .columns: 100]
    let entry = try OperatorCatalog.entry(named: "BS")
    let storage = try OperandStorage(entry.descriptor, extents: extents, mode: .training)
    try entry.prepare(OperatorRequest(extents: extents), context: context).run(storage.buffers)
    let recorded = try #require(ledger.entries[entry.descriptor.name])
    #expect(recorded.traffic == Traffic(readBytes: 64 * 800, writtenBytes: 64 * 400, updates: 2))
    #expect(recorded.leastBytes == 64 * 1200)
    #expect(recorded.floatingPointOperations == 6400 * 6)
  }
}
