import Tessera
import Testing

/// What is written into a cache: keys have the bits that rotary embedding makes of them, values those of the values.
@Suite struct CacheAppendTests {
  private static let heads = 2, width = 24, valueWidth = 10, count = 5
  /// Where the sequences stand before.
  private static let starts = [0, 9, 40]

  /// The rows of a step's tokens, sequence by sequence, with gaps between them.
  private static func layout(_ columns: Int) -> MatrixLayout {
    MatrixLayout(rows: starts.count * count, columns: heads * columns, rowStride: heads * columns + 3, offset: 2)
  }

  private func numbers(_ layout: MatrixLayout, seed: UInt64) -> [Float] {
    SamplingTests.uniform(layout.offset + layout.rows * layout.rowStride, seed: seed)
  }

  @Test(arguments: InstructionSet.available, RotaryPairing.allCases)
  func keysAreRotatedAsTheOperatorDoes(set: InstructionSet, pairing: RotaryPairing) throws {
    let context = ExecutionContext(pool: try WorkerPool(threadCount: 2), instructionSet: set)
    // A part of the columns is rotated.
    let table = try RotaryTable(positions: 64, rotatedColumns: 20)
    let (keyLayout, valueLayout) = (Self.layout(Self.width), Self.layout(Self.valueWidth))
    let (keys, values) = (numbers(keyLayout, seed: 1), numbers(valueLayout, seed: 2))
    let rotated = try rotated(keys, keyLayout, table, pairing, context)
    for type in [ElementType.float32, .bfloat16] {
      let shape = KeyValueCacheShape(
        layers: 2, sequences: 4, keyValueHeads: Self.heads, headDimension: Self.width, valueDimension: Self.valueWidth,
        capacity: 64, type: type)
      let cache = try KeyValueCache(shape)
      // Not the sequences' order, and not all of them.
      let sequences = [3, 0, 2]
      for (sequence, start) in zip(sequences, Self.starts) {
        cache.advance(try cache.step([sequence], adding: start))
      }
      let memory = try cache.memory(ofLayer: 1)
      for part in [memory.keys, memory.values] { part.initializeMemory(as: UInt8.self, repeating: 0xA5) }
      try CacheAppendPlan(
        shape, sequences: 3, keys: keyLayout, values: valueLayout, rotation: .init(table, pairing: pairing),
        context: context
      ).run(
        keys: keys.span, values: values.span, into: cache, layer: 1, step: cache.step(sequences, adding: Self.count))
      var expectedKeys = [UInt8](repeating: 0xA5, count: memory.keys.count)
      var expectedValues = [UInt8](repeating: 0xA5, count: memory.values.count)
      for (place, sequence) in sequences.enumerated() {
        for token in 0..<Self.count {
          for head in 0..<Self.heads {
            let row = (sequence * Self.heads + head) * shape.capacity + Self.starts[place] + token
            store(
              rotated, Self.width, keyLayout, place * Self.count + token, head, type, in: &expectedKeys, row: row)
            store(
              values, Self.valueWidth, valueLayout, place * Self.count + token, head, type, in: &expectedValues,
              row: row)
          }
        }
      }
      #expect(memory.keys.elementsEqual(expectedKeys), "\(type.name)")
      #expect(memory.values.elementsEqual(expectedValues), "\(type.name)")
    }
  }

  /// A call whose cache is an operand.
  @Test func operandsThatDoNotFit() throws {
    let (bad, name) = (BadInputTests(), "cache-append")
    let extents: Extents = [
      .batch: 2, .queryLength: 3, .keyValueHeads: 2, .headDimension: 6, .valueDimension: 4,
    ]
    let entry = try OperatorCatalog.entry(named: name)
    func prepare(_ change: (inout OperatorRequest) -> Void = { _ in }) throws -> PreparedOperator {
      var request = OperatorRequest(extents: extents)
      change(&request)
      return try entry.prepare(request, context: bad.context)
    }
    for starts in [[0], [0, 0, 0], [-1, 0]] {
      bad.expectError(name, "starts") { _ = try prepare { $0.rotary.starts = starts } }
    }
    bad.expectError("rotary-embedding", "positions") { _ = try prepare { $0.rotary.starts = [0, .max] } }
    bad.expectError("rotary-embedding", "rotated columns") { _ = try prepare { $0.rotary.rotatedColumns = 3 } }
    bad.expectError(name, "rotation") { _ = try prepare { $0.rotary.rotatedColumns = 8 } }
    bad.expectError(name, "values") {
      _ = try prepare { $0.batchedLayouts["values"] = .init(planes: 4, rows: 3, columns: 5) }
    }
    let storage = try OperandStorage(entry.descriptor, extents: extents, mode: .inference)
    for operand in ["keys", "values", "cached-keys", "cached-values"] {
      var buffers = storage.buffers
      buffers[operand] = try UnsafeMutableRawBufferPointer(rebasing: #require(buffers[operand]).dropLast(4))
      bad.expectError(name, operand) { try prepare().run(buffers) }
    }
    var shared = storage.buffers
    shared["cached-values"] = shared["values"]
    bad.expectError(name, "cached-values") { try prepare().run(shared) }
  }

  private func rotated(
    _ keys: [Float], _ layout: MatrixLayout, _ table: RotaryTable, _ pairing: RotaryPairing, _ context: ExecutionContext
  ) throws -> [Float] {
    let heads = BatchedMatrixLayout(
      planes: Self.starts.count * Self.heads, innerPlanes: Self.heads, rows: Self.count, columns: Self.width,
      outerStride: Self.count * layout.rowStride, innerStride: Self.width, rowStride: layout.rowStride,
      offset: layout.offset)
    var rotated = keys
    try RotaryEmbeddingPlan(
      table, pairing: pairing, input: heads, output: heads, sequences: Self.starts.count, context: context
    ).run(inPlace: rotated.mutableSpan, startingAt: Self.starts)
    #expect(rotated != keys)
    return rotated
  }

  /// A head of a token's row, where the cache has it.
  private func store(
    _ rows: [Float], _ width: Int, _ layout: MatrixLayout, _ token: Int, _ head: Int, _ type: ElementType,
    in cached: inout [UInt8], row: Int
  ) {
    let first = layout.offset + token * layout.rowStride + head * width
    rows[first..<first + width].withUnsafeBufferPointer { floats in
      cached.withUnsafeMutableBytes {
        type.store(
          floats.baseAddress!, count: width, to: $0.baseAddress! + type.byteOffset(ofElement: row * width))
      }
    }
  }
}
