import Tessera
import Testing

/// D is a deterministic integer: a function of problem, tile and capacity.
@Suite struct TrafficTests {
  private func traffic(
    _ call: CatalogCall, _ set: InstructionSet, threads: Int, capacity: Int, mode: ExecutionMode = .training
  ) throws -> Ledger.Entry {
    let ledger = Ledger()
    let context = ExecutionContext(
      pool: try WorkerPool(threadCount: threads), instructionSet: set, ledger: ledger, fastMemoryBytes: capacity)
    _ = try call.outputs(context: context, mode: mode)
    return try #require(ledger.entries[call.entry.descriptor.name])
  }

  @Test(arguments: CatalogCall.all)
  func bytesDoNotDependOnVariantOrThreads(call: CatalogCall) throws {
    for capacity in [512, 64 << 10, 16 << 20] {
      let expected = try traffic(call, .portable, threads: 1, capacity: capacity)
      for set in InstructionSet.available {
        for threads in [1, 2, 3, 8] {
          #expect(try traffic(call, set, threads: threads, capacity: capacity) == expected)
        }
      }
    }
  }

  @Test(arguments: CatalogCall.all, ExecutionMode.allCases)
  func noCallMovesLessThanItsLeast(call: CatalogCall, mode: ExecutionMode) throws {
    for capacity in [0, 4096, 16 << 20] {
      let entry = try traffic(call, .best, threads: 2, capacity: capacity, mode: mode)
      #expect(entry.traffic.byteCount >= entry.leastBytes)
      #expect(entry.calls == 1)
    }
  }

  /// Rows × columns counted by hand: 64 rows of 100 columns make one item each of 40 rows and 24.
  @Test func fusedKernelByHand() throws {
    let descriptor = OperatorDescriptor.biasDropoutResidualLayerNorm
    let extents: Extents = [.rows: 64, .columns: 100]
    let ledger = Ledger()
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 1 << 20)
    let prepared = try OperatorCatalog.entry(named: "BDRLN").prepare(
      OperatorRequest(extents: extents), context: context)
    let storage = try OperandStorage(descriptor, extents: extents, mode: .training)
    try prepared.run(storage.buffers)
    let entry = try #require(ledger.entries[descriptor.name])
    // A row streams four tensors of 400 bytes; 64 KiB of them are 40 rows.
    let rowBytes = 400
    let items = 2
    let reads = 64 * 2 * rowBytes + items * 3 * rowBytes
    let writes = 64 * 2 * rowBytes + 64 * 2 * 4
    #expect(entry.traffic == Traffic(readBytes: reads, writtenBytes: writes, updates: items))
    #expect(entry.leastBytes == 64 * 4 * rowBytes + 3 * rowBytes + 64 * 8)
    #expect(entry.floatingPointOperations == 64 * 100 * 10)
  }

  /// Bytes of a call in training, counted by a ledger.
  private func ledger(_ name: String, _ extents: Extents) throws -> Ledger.Entry {
    let ledger = Ledger()
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 1 << 20)
    let entry = try OperatorCatalog.entry(named: name)
    let storage = try OperandStorage(entry.descriptor, extents: extents, mode: .training)
    try entry.prepare(OperatorRequest(extents: extents), context: context).run(storage.buffers)
    return try #require(ledger.entries[entry.descriptor.name])
  }

  /// 128 rows of 100 columns: 64 KiB are 54 rows of three streams, the bias counted as one, or 40 of four. Each item
  /// reads the bias again.
  @Test func fusedElementwiseByHand() throws {
    let extents: Extents = [.rows: 128, .columns: 100]
    for (name, streams, items, bias) in [
      ("BRD", 2, 3, true), ("BDR", 3, 4, true), ("bias-relu-residual", 3, 4, true), ("swiglu", 3, 3, false),
    ] {
      let entry = try ledger(name, extents)
      let reads = 128 * (streams - 1) * 400 + (bias ? items * 400 : 0)
      #expect(entry.traffic == Traffic(readBytes: reads, writtenBytes: 128 * 400, updates: items), "\(name)")
      #expect(entry.leastBytes == 128 * streams * 400 + (bias ? 400 : 0), "\(name)")
    }
  }

  /// 30 tokens of (4 + 2 · 2) · 32 columns, 1 KiB: a row streams 2 KiB, so that 64 KiB would be 32 of them.
  @Test func attentionInputBiasByHand() throws {
    let entry = try ledger(
      "AIB", [.batch: 3, .queryHeads: 4, .keyValueHeads: 2, .queryLength: 10, .headDimension: 32])
    #expect(entry.traffic == Traffic(readBytes: 31 << 10, writtenBytes: 30 << 10, updates: 1))
    #expect(entry.leastBytes == 61 << 10)
    #expect(entry.floatingPointOperations == 30 * 256)
  }

  /// 200 tokens of three heads, 576 bytes, and the table's row, 128: 93 of them are read in 64 KiB. Q has the rows of
  /// the table once, as both sequences stand at the same positions.
  @Test func cacheAppendByHand() throws {
    let entry = try ledger(
      "cache-append",
      [.batch: 2, .keyValueHeads: 3, .queryLength: 100, .headDimension: 32, .valueDimension: 16])
    #expect(entry.traffic == Traffic(readBytes: 200 * (576 + 128), writtenBytes: 200 * 576, updates: 3))
    #expect(entry.leastBytes == 2 * 200 * 576 + 100 * 128)
    #expect(entry.floatingPointOperations == 200 * 3 * 32 * 3)
  }

  /// With 128 KiB blocks are 300 rows, 256 deep, and 64 columns' sums: a block's left rows, 614 KB, come round for each
  /// of three groups of columns. The weights do not fit and are packed for each block.
  @Test func linearByHand() throws {
    let (left, right, output) = (600 * 512 * 4, 192 * 512 * 4, 600 * 192 * 4)
    let extents: Extents = [.rows: 600, .columns: 192, .depth: 512]
    let entry = try counted("linear", extents, fastMemoryBytes: 128 << 10)
    #expect(entry.traffic == Traffic(readBytes: 3 * left + 2 * right, writtenBytes: output, updates: 2))
    #expect(entry.leastBytes == left + right + output)
    #expect(!entry.isModelled)
    // Where they fit they are packed once, and what moves is the least.
    let whole = try counted("linear", extents, fastMemoryBytes: 4 << 20)
    #expect((whole.traffic.readBytes, whole.traffic.writtenBytes) == (left + right, output))
  }

  /// Four items of the same rows would each gather them: they are read once, for all.
  @Test func leftRowsAreGatheredOnce() throws {
    let (left, right, output) = (24 * 1024 * 4, 1024 * 512 * 4, 24 * 512 * 4)
    let extents: Extents = [.rows: 24, .columns: 512, .depth: 1024]
    let moved = try counted("linear", extents, fastMemoryBytes: 1 << 20).traffic
    #expect((moved.readBytes, moved.writtenBytes) == (left + right, output))
    // They do not stay in half of 128 KiB.
    let others = try counted("linear", extents, fastMemoryBytes: 128 << 10).traffic
    #expect(others.readBytes >= 4 * left + right)
  }

  /// Two planes of few columns: with 16 MiB left rows stay where they lie and come once, with 128 KiB they are gathered
  /// for each group of 64 columns.
  @Test func contractionByHand() throws {
    let extents: Extents = [.planes: 2, .rows: 96, .columns: 128, .depth: 512]
    let (left, right, output) = (96 * 512 * 4, 512 * 128 * 4, 96 * 128 * 4)
    let kept = try counted("batched-contraction", extents, fastMemoryBytes: 16 << 20)
    #expect(
      kept.traffic == Traffic(readBytes: 2 * (left + right), writtenBytes: 2 * output, updates: 2))
    let short = try counted("batched-contraction", extents, fastMemoryBytes: 128 << 10)
    #expect(
      short.traffic == Traffic(readBytes: 2 * (2 * left + right), writtenBytes: 2 * output, updates: 2))
  }

  /// What products move depends neither on a variant's panels nor on the first-level cache, whatever their shape.
  @Test func productsMoveTheSameForEveryPanel() {
    var random = SplitMix(seed: 7)
    for _ in 0..<4000 {
      let (rows, columns, depth) = (random.size(2000), random.size(5000), random.size(5000))
      let kinds: [GemmRight] = [.packed, .rows(stride: depth), .columns(stride: columns)]
      let isTransposed = random.below(3) == 0
      let problem = GemmProblem(
        rows: rows, columns: columns, depth: depth, leftRowStride: isTransposed ? 1 : depth,
        leftDepthStride: isTransposed ? rows : 1, right: kinds[random.below(3)], outputRowStride: columns,
        depthPerSum: [nil, 128][random.below(2)])
      let (planes, capacity) = (1 + random.below(3), 128 << (10 + random.below(9)))
      let moved = [(8, 32 << 10), (16, 32 << 10), (64, 32 << 10), (64, 48 << 10)].map { panelColumns, level1 in
        let blocking = GemmBlocking(
          problem, planes: planes, panelColumns: panelColumns, level1: level1,
          level2: max(128 << 10, min(2 << 20, capacity / 2)), capacity: capacity)
        return GemmItems(problem, planes: planes, blocking: blocking, capacity: capacity)
          .total(blocking, capacity: capacity)
      }
      #expect(moved.allSatisfy { $0 == moved[0] }, "\(problem), C \(capacity)")
    }
  }

  private struct SplitMix {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func below(_ bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var bits = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
      return Int((bits ^ (bits >> 31)) % UInt64(bound))
    }

    /// As often small as large.
    mutating func size(_ most: Int) -> Int { 1 + below([4, 20, 200, most][below(4)]) }
  }

  func counted(
    _ name: String, _ extents: Extents, fastMemoryBytes: Int, _ change: (inout OperatorRequest) -> Void = { _ in }
  ) throws -> Ledger.Entry {
    let ledger = Ledger()
    let context = ExecutionContext(
      pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: fastMemoryBytes)
    let operation = try OperatorCatalog.entry(named: name)
    var request = OperatorRequest(extents: extents)
    change(&request)
    let storage = try OperandStorage(
      operation.descriptor(for: request), extents: extents, mode: .training, inPlace: request.isInPlace)
    try operation.prepare(request, context: context).run(storage.buffers)
    return try #require(ledger.entries[name])
  }
}
