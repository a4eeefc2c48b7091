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

  /// 200 tokens of three heads, 576 bytes, and the table's row, 128: 93 of them are read in 64 KiB. Q has the rows of the
  /// table once, as both sequences stand at the same positions.
  @Test func cacheAppendByHand() throws {
    let entry = try ledger(
      "cache-append",
      [.batch: 2, .keyValueHeads: 3, .queryLength: 100, .headDimension: 32, .valueDimension: 16])
    #expect(entry.traffic == Traffic(readBytes: 200 * (576 + 128), writtenBytes: 200 * 576, updates: 3))
    #expect(entry.leastBytes == 2 * 200 * 576 + 100 * 128)
    #expect(entry.floatingPointOperations == 200 * 3 * 32 * 3)
  }

  /// With 128 KiB an item's rows are one block, of 256 deep and with 64 columns' sums: its left rows, 540 KB, come round
  /// for each of two groups of columns. The second item's rows are fewer.
  @Test func linearByHand() throws {
    let ledger = Ledger()
    let context = ExecutionContext(
      pool: try WorkerPool(threadCount: 2), ledger: ledger, fastMemoryBytes: 128 << 10)
    let extents: Extents = [.rows: 512, .columns: 128, .depth: 512]
    let storage = try OperandStorage(.linear, extents: extents, mode: .training)
    try OperatorCatalog.entry(named: "linear").prepare(OperatorRequest(extents: extents), context: context)
      .run(storage.buffers)
    let (left, right, output) = (512 * 512 * 4, 128 * 512 * 4, 512 * 128 * 4)
    let entry = try #require(ledger.entries["linear"])
    #expect(entry.traffic == Traffic(readBytes: 2 * left + 2 * right, writtenBytes: output, updates: 2))
    #expect(entry.leastBytes == left + right + output)
    #expect(!entry.isModelled)
  }

  /// One plane's rows by hand: a tile of columns at a time, the left rows coming round for each tile or not.
  @Test func contractionByHand() throws {
    let tiles = ContractionTiles(planes: 1, rows: 96, columns: 128, depth: 512)
    #expect(tiles.columnsPerTile == 64 && tiles.depthPerTile == 512 && tiles.itemCount == 1)
    let (left, right, output) = (96 * 512 * 4, 512 * 128 * 4, 96 * 128 * 4)
    #expect(
      tiles.traffic(itemRows: 96, capacity: 16 << 20) == Traffic(readBytes: left + right, writtenBytes: output))
    #expect(
      tiles.traffic(itemRows: 96, capacity: 128 << 10) == Traffic(readBytes: 2 * left + right, writtenBytes: output))
  }
}
