import Tessera

extension CaseList {
  static func attentionCases() throws(TesseraError) -> [VerificationCase] {
    var cases = try attentionShapes() + attentionLayouts() + attentionMasks()
    cases += try attentionDocuments() + attentionBlockMasks()
    cases += try attentionScoreOptions() + attentionSplits() + attentionSpecialValues() + attentionLengths()
    return cases
  }

  /// Few sizes at a time are large, so that the oracle's plain loops stay quick.
  struct AttentionShape {
    var batch = 1
    var heads = 1
    var groupSize = 1
    var queries = 13
    var keys = 19
    var dimension = 9
    var valueDimension: Int?

    func problem(order: HeadOrder = .headsFirst) -> AttentionProblem {
      var problem = AttentionProblem(
        batch: batch, queryHeads: heads * groupSize, keyValueHeads: heads, queryLength: queries, keyLength: keys,
        headDimension: dimension, valueDimension: valueDimension, order: order)
      problem.writesLogSumExp = true
      return problem
    }

    /// A case of this shape whose problem is changed.
    func with(
      _ values: AttentionValues = .ordinary, note: String? = nil, _ change: (inout AttentionProblem) -> Void = { _ in }
    ) throws(TesseraError) -> VerificationCase {
      var problem = problem()
      change(&problem)
      return try VerificationCase(problem, values: values, note: note)
    }
  }

  private static func attentionShapes() throws(TesseraError) -> [VerificationCase] {
    var shapes: [AttentionShape] = []
    // Rows of a register tile (4, 6), of the least group (12), of blocks (96, 128) and the largest (512); up to 8
    // rows keys are read where they lie.
    for rows in around(4, 6, 8, 12, 24, 36, 48, 96, 128, 512) + [1, 2, 530] {
      shapes.append(AttentionShape(heads: rows < 100 ? 2 : 1, queries: rows))
    }
    // Keys of vectors, of panels (16, 64) and of tiles (512), for few rows and many.
    for keys in around(8, 16, 64, 128, 512) + [1, 2, 1030] {
      shapes.append(AttentionShape(heads: 2, queries: 5, keys: keys))
      shapes.append(AttentionShape(queries: 14, keys: keys, dimension: 8))
    }
    let dimensions = around(8, 16, 64) + [1, 2, 31, 32, 33, 80, 128, 131, 256, 512]
    for (index, dimension) in dimensions.enumerated() {
      shapes.append(AttentionShape(queries: 13, keys: 67, dimension: dimension))
      shapes.append(AttentionShape(queries: 3, keys: 35, dimension: dimension))
      let other = dimensions[(index + 7) % dimensions.count]
      shapes.append(
        AttentionShape(queries: index % 2 == 0 ? 5 : 15, keys: 21, dimension: dimension, valueDimension: other))
    }
    // Tiles of 64 keys, the shortest.
    for keys in around(64, 128) { shapes.append(AttentionShape(queries: 14, keys: keys, dimension: 512)) }
    for (heads, groupSize) in [(2, 2), (1, 8), (3, 2), (2, 5), (12, 1)] {
      for queries in [1, 2, 7, 40] {
        shapes.append(AttentionShape(batch: 2, heads: heads, groupSize: groupSize, queries: queries, keys: 41))
      }
    }
    shapes += [
      AttentionShape(batch: 0), AttentionShape(heads: 0), AttentionShape(queries: 0), AttentionShape(keys: 0),
      AttentionShape(queries: 1, keys: 0), AttentionShape(batch: 0, heads: 0, queries: 0, keys: 0),
      AttentionShape(queries: 1, keys: 1, dimension: 1), AttentionShape(batch: 5, heads: 3, queries: 1, keys: 7),
    ]
    var cases: [VerificationCase] = []
    for (index, shape) in shapes.enumerated() { cases.append(try shape.with { $0.writesLogSumExp = index % 3 != 0 }) }
    return cases
  }

  private static func attentionLayouts() throws(TesseraError) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    for queries in [2, 14] {
      let shape = AttentionShape(batch: 2, heads: 3, groupSize: 2, queries: queries, keys: 37, dimension: 17)
      cases.append(try VerificationCase(shape.problem(order: .rowsFirst), note: "rows first"))
      for layout in AttentionLayout.allCases {
        for order in HeadOrder.allCases {
          var problem = shape.problem(order: order)
          layout.apply(to: &problem)
          cases.append(try VerificationCase(problem, note: "\(order.rawValue), \(layout.rawValue)"))
        }
      }
    }
    return cases
  }
}

/// How attention's operands lie where not without gaps.
enum AttentionLayout: String, CaseIterable, Codable {
  case gaps = "gaps and offsets"
  case sharedByHeads = "keys and values shared by heads"
  case sharedBySequences = "keys and values shared by sequences"
  /// Each row begins one element after the one before it.
  case overlapping = "overlapping rows of keys and queries"
  case repeatedRows = "every value the same row"

  func apply(to problem: inout AttentionProblem) {
    switch self {
    case .gaps:
      for (index, path) in [
        \AttentionProblem.queries, \AttentionProblem.keys, \AttentionProblem.values, \AttentionProblem.output,
      ].enumerated() {
        // Two heads' rows side by side stay so; every stride grows by the same factor.
        problem[keyPath: path].rowStride = problem[keyPath: path].rowStride * 2 + (index + 1) * 2
        problem[keyPath: path].innerStride = problem[keyPath: path].innerStride * 4
        problem[keyPath: path].outerStride = problem[keyPath: path].outerStride * 5 + index
        problem[keyPath: path].offset = 3 + index
      }
      Self.separate(&problem.output)
      for (index, path) in [
        \AttentionProblem.gradients.output, \.gradients.queries, \.gradients.keys, \.gradients.values,
      ].enumerated() {
        Self.separate(&problem[keyPath: path])
        problem[keyPath: path].rowStride += index
        problem[keyPath: path].innerStride += index * problem[keyPath: path].rows
        problem[keyPath: path].outerStride += index * problem[keyPath: path].rows * problem[keyPath: path].innerPlanes
        problem[keyPath: path].offset = 2 + index
      }
      if let bias = problem.gradients.bias {
        var layout = bias
        Self.separate(&layout)
        // What is broadcast stays so.
        if bias.rowStride == 0 { layout.rowStride = 0 }
        if bias.innerStride == 0 { layout.innerStride = 0 }
        if bias.outerStride == 0 { layout.outerStride = 0 }
        layout.offset = 7
        problem.gradients.bias = layout
      }
    case .sharedByHeads:
      problem.keys.innerStride = 0
      problem.values.innerStride = 0
    case .sharedBySequences:
      problem.keys.outerStride = 0
      problem.values.outerStride = 0
    case .overlapping:
      problem.queries.rowStride = 1
      problem.keys.rowStride = 1
    case .repeatedRows:
      problem.values.rowStride = 0
    }
  }

  /// Heads first, with gaps between rows, heads and sequences, for what is written.
  private static func separate(_ layout: inout BatchedMatrixLayout) {
    layout.rowStride = layout.columns + 3
    layout.innerStride = layout.rows * layout.rowStride + 5
    layout.outerStride = layout.innerPlanes * layout.innerStride + 1
  }
}
