import CTesseraKernels

/// The present tile of keys and values of one item: packed for the products of many rows, or where they lie,
/// or made floats of.
struct KeyTile {
  /// What of the sequence's keys it has.
  private(set) var keys = 0..<0
  private let sequence: Int
  private let head: Int
  private let dequantize: tsr_f32_dequantize_kernel
  /// The tile's first key and value, as floats: where they lie, or in the workspace.
  private(set) var firstKey: UnsafePointer<Float>
  private(set) var firstValue: UnsafePointer<Float>
  /// Floats between neighbouring keys.
  let keyStride: Int
  let valueStride: Int
  /// Whether values are packed.
  let packsValues: Bool
  /// Whether all of the tile's values are finite, once somebody has asked.
  var finite: Bool?

  @inline(__always)
  init(_ item: AttentionItem, _ operands: AttentionOperands, _ plan: AttentionPlan) {
    let source = operands.source
    (sequence, head) = (item.sequence, item.keyValueHead)
    dequantize = plan.dequantize
    let isFloat = source.type == .float32
    keyStride = isFloat ? source.keyStride(plan.problem) : plan.problem.headDimension
    valueStride = isFloat ? source.valueStride(plan.problem) : plan.problem.valueDimension
    packsValues =
      !plan.tiles.isDirect && AttentionTiles.packsValues(columns: plan.problem.valueDimension, stride: valueStride)
    // Until the first tile is loaded nothing is read.
    firstKey = UnsafePointer(plan.workspace.memory(ofWorker: 0).queries)
    firstValue = firstKey
  }

  /// Begins work on these keys, of which those before `first` are seen by no row of the item; up to the end of their
  /// range in memory.
  @inline(__always)
  mutating func load(
    _ tile: Range<Int>, from first: Int, of source: KeyValueSource, _ memory: AttentionWorkspace.Memory,
    _ plan: AttentionPlan
  ) {
    // Panels are cut from the tile's first key on; 64 is a multiple of every variant's, and of dropout's 8.
    let start = max(tile.lowerBound, first / 64 * 64)
    let run = source.run(containing: start, sequence: sequence, head: head, plan.problem)
    keys = start..<min(tile.upperBound, run.keys.upperBound)
    finite = nil
    let type = source.type
    func place(_ first: UnsafeRawPointer, _ stride: Int) -> UnsafeRawPointer {
      first + type.byteOffset(ofElement: (start - run.keys.lowerBound) * stride)
    }
    let storedKeys = place(run.firstKey, source.keyStride(plan.problem))
    let storedValues = place(run.firstValue, source.valueStride(plan.problem))
    if type == .float32 {
      firstKey = storedKeys.assumingMemoryBound(to: Float.self)
      firstValue = storedValues.assumingMemoryBound(to: Float.self)
    } else {
      firstKey = convert(
        storedKeys, type, source.keyStride(plan.problem), plan.problem.headDimension, memory.floatKeys)
    }
    if !plan.tiles.isDirect { packKeys(memory, plan) }
    if type != .float32 {
      firstValue = convert(
        storedValues, type, source.valueStride(plan.problem), plan.problem.valueDimension, memory.floatValues)
    }
    if packsValues { packValues(memory, plan) }
  }

  /// The tile's rows as floats without gaps.
  private func convert(
    _ rows: UnsafeRawPointer, _ type: StoredType, _ stride: Int, _ columns: Int, _ floats: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    let step = type.byteOffset(ofElement: stride)
    var call = tsr_dequantize_f32()
    call.type = type.kernelType
    // Rows that follow each other are one.
    let isWhole = stride == columns
    call.count = isWhole ? keys.count * columns : columns
    for row in 0..<(isWhole ? 1 : keys.count) {
      call.stored = (rows + row * step).assumingMemoryBound(to: UInt8.self)
      call.output = floats + row * columns
      dequantize(&call)
    }
    return UnsafePointer(floats)
  }

  private func packKeys(_ memory: AttentionWorkspace.Memory, _ plan: AttentionPlan) {
    var pack = tsr_contraction_pack_f32()
    pack.depth = plan.problem.headDimension
    pack.columns = keys.count
    pack.right = firstKey
    pack.depth_stride = 1
    pack.column_stride = keyStride
    pack.packed = memory.packedKeys
    plan.products.pack(&pack)
  }

  private func packValues(_ memory: AttentionWorkspace.Memory, _ plan: AttentionPlan) {
    var pack = tsr_contraction_pack_f32()
    pack.depth = keys.count
    pack.columns = plan.problem.valueDimension
    pack.right = firstValue
    pack.depth_stride = valueStride
    pack.column_stride = 1
    pack.packed = memory.packedValues
    plan.products.pack(&pack)
  }

  /// The key at or before this one at which scores may begin.
  func align(_ key: Int) -> Int {
    key < keys.lowerBound ? key : keys.lowerBound + (key - keys.lowerBound) / 64 * 64
  }
}
