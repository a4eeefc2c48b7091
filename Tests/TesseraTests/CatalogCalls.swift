import Tessera

/// A medium-sized call of each catalog operator, with several work items and ragged edges.
struct CatalogCall: CustomStringConvertible, Sendable {
  let entry: OperatorEntry
  let extents: Extents

  static let all: [CatalogCall] = OperatorCatalog.entries.map { entry in
    // Derived extents follow from the others; of attention without bias and mask 0 will do.
    var named = Dictionary(uniqueKeysWithValues: entry.descriptor.extents.map { ($0, sizes[$0] ?? 0) })
    // A linear map's blocks are large; several of them give threads something to share out.
    if entry.descriptor.name.hasPrefix("linear"), named[.rows] != nil {
      named = [.rows: 1100, .columns: 700, .depth: 140]
    }
    return CatalogCall(entry: entry, extents: Extents(named))
  }
  private static let sizes: [Extent: Int] = [
    .vocabulary: 50, .planes: 5, .rows: 229, .columns: 131, .depth: 67, .batch: 2, .queryHeads: 6, .keyValueHeads: 3,
    .queryLength: 150,
    .keyLength: 200, .headDimension: 20, .valueDimension: 13,
  ]

  var description: String { entry.descriptor.name }

  /// Runs the call on fresh operands and returns what it wrote, by operand name.
  func outputs(
    context: ExecutionContext, mode: ExecutionMode = .training, seed: UInt64 = 1
  ) throws -> [String: [UInt8]] {
    let descriptor = entry.descriptor
    var request = OperatorRequest(extents: extents)
    request.mode = mode
    request.seed = 99
    let prepared = try entry.prepare(request, context: context)
    let storage = try OperandStorage(descriptor, extents: extents, mode: mode, seed: seed)
    try prepared.run(storage.buffers)
    return Dictionary(
      uniqueKeysWithValues: descriptor.writes(in: mode).map { ($0.name, Array(storage.buffers[$0.name]!)) })
  }
}
