import Tessera

extension CaseList {
  /// Sizes around register tiles (6 rows, 16 and 64 columns), work items (96, 512 rows) and packed tiles (512 deep),
  /// one at a time, so that the oracle's plain loops stay quick.
  static var productSizes: [(rows: Int, columns: Int, depth: Int)] {
    var sizes: [(rows: Int, columns: Int, depth: Int)] = []
    sizes += (around(6, 12, 96, 512) + [1]).map { ($0, 9, 5) }
    sizes += (around(8, 16, 32, 64, 512) + [1]).map { (7, $0, 6) }
    sizes += (around(512) + [1, 2, 1025]).map { (7, 19, $0) }
    // Two and more packed tiles each way; primes.
    sizes += [(2, 4099, 3), (7, 131, 1031), (13, 17, 97), (1, 1, 1), (1, 64, 64), (64, 1, 64)]
    sizes += [(0, 8, 8), (8, 0, 8), (8, 8, 0), (0, 0, 0)]
    return sizes
  }

  /// Of a linear map, and of one with something on its result.
  static func linearCases(_ descriptor: OperatorDescriptor) -> [VerificationCase] {
    var cases = productSizes.map { VerificationCase([.rows: $0.rows, .columns: $0.columns, .depth: $0.depth]) }
    // A panel has at most 1024 rows and columns.
    cases += [(1030, 70, 40), (70, 1030, 40)].map { VerificationCase([.rows: $0, .columns: $1, .depth: $2]) }
    for (rows, columns, depth) in [(5, 17, 33), (12, 64, 16), (1, 9, 40)] {
      var strided = VerificationCase([.rows: rows, .columns: columns, .depth: depth])
      strided.layouts = [
        "input": MatrixLayout(rows: rows, columns: depth, rowStride: depth + 3, offset: 2),
        "weight": MatrixLayout(rows: columns, columns: depth, rowStride: depth + 1, offset: 5),
        "output": MatrixLayout(rows: rows, columns: columns, rowStride: columns + 7, offset: 3),
        "residual": MatrixLayout(rows: rows, columns: columns, rowStride: columns + 2, offset: 1),
      ]
      for weight in ["gate-weight", "up-weight"] { strided.layouts[weight] = strided.layouts["weight"] }
      strided.layouts = strided.layouts.filter { name, _ in
        (descriptor.reads + descriptor.writes).contains { $0.name == name }
      }
      strided.notes = ["strided"]
      cases.append(strided)
    }
    var special = VerificationCase([.rows: 40, .columns: 19, .depth: 37])
    special.values = .special
    special.notes = ["special values"]
    cases.append(special)
    cases += fusedLinearCases(descriptor)
    return cases
      + cases.filter { $0.request.extents[.rows] % 5 != 2 }.map { original in
        var packed = original
        packed.request.packsWeights = true
        packed.notes.append("weights packed")
        return packed
      }
  }

  /// Options of what stands on a linear map's result.
  private static func fusedLinearCases(_ descriptor: OperatorDescriptor) -> [VerificationCase] {
    let shapes: [Extents] = [
      [.rows: 20, .columns: 70, .depth: 33], [.rows: 9, .columns: 200, .depth: 140],
      [.rows: 270, .columns: 90, .depth: 20],
    ]
    var cases: [VerificationCase] = []
    func add(_ note: String, _ change: (inout VerificationCase) -> Void) {
      for extents in shapes {
        var changed = VerificationCase(extents)
        changed.notes = [note]
        change(&changed)
        cases.append(changed)
      }
    }
    add("with what follows") { _ in }
    if descriptor.options.contains(.dropout) {
      for probability in [0, 0.5, 1] { add("drop probability \(probability)") { $0.dropProbability = probability } }
      add("inference") { $0.mode = .inference }
    }
    if descriptor.options.contains(.activation) {
      for activation in Activation.allCases {
        add(activation.rawValue) { $0.activation = activation }
        add("\(activation.rawValue); inference") { ($0.activation, $0.mode) = (activation, .inference) }
      }
    }
    if descriptor.options.contains(.bias) { add("no bias") { $0.hasBias = false } }
    if descriptor.options.contains(.epsilon) { add("epsilon 0.5") { $0.epsilon = 0.5 } }
    if descriptor.options.contains(.sum) {
      for (hasBias, returnsSum) in [(true, true), (false, true), (false, false)] {
        add("inference; bias \(hasBias), sum \(returnsSum)") {
          ($0.mode, $0.hasBias, $0.returnsSum) = (.inference, hasBias, returnsSum)
        }
      }
    }
    return cases + descriptor.inputsInPlace.flatMap { input in cases.map { $0.inPlace(of: input) } }
  }

  static func batchedContractionCases() -> [VerificationCase] {
    [false, true].flatMap { transposesRight in
      var cases = productSizes.map { contraction(1, $0.rows, $0.columns, $0.depth, transposesRight: transposesRight) }
      for (planes, rows, columns, depth) in [(2, 13, 17, 97), (5, 1, 3, 2), (0, 4, 4, 4), (4, 130, 150, 70)] {
        cases.append(contraction(planes, rows, columns, depth, transposesRight: transposesRight))
      }
      for (rows, columns, depth) in [(5, 17, 33), (13, 64, 16), (1, 9, 520)] {
        cases += BatchedLayout.allCases.map { layout in
          contraction(6, rows, columns, depth, transposesRight: transposesRight, layout: layout)
        }
      }
      var special = contraction(2, 20, 35, 37, transposesRight: transposesRight)
      special.values = .special
      special.notes.append("special values")
      return cases + [special]
    }
  }

  /// How the planes of the operands lie.
  private enum BatchedLayout: String, CaseIterable {
    case contiguous
    /// Three heads beside each other in the rows of two sequences.
    case heads = "heads in rows"
    /// The same, with the right operand shared by the heads of a sequence, as grouped heads share keys.
    case sharedRight = "heads in rows, right shared"
    /// Every row of the left operand is the same one.
    case repeatedRows = "left row repeated"
    case gaps = "gaps and offsets"

    func layout(of operand: String, planes: Int, rows: Int, columns: Int) -> BatchedMatrixLayout {
      let inner = 3
      var heads = BatchedMatrixLayout(
        planes: planes, innerPlanes: inner, rows: rows, columns: columns, outerStride: rows * inner * columns,
        innerStride: columns, rowStride: inner * columns)
      switch (self, operand) {
      case (.heads, _): return heads
      case (.sharedRight, "right"):
        heads.outerStride = rows * columns
        heads.innerStride = 0
        heads.rowStride = columns
        return heads
      case (.sharedRight, _): return heads
      case (.repeatedRows, "left"):
        heads.rowStride = 0
        heads.offset = 1
        return heads
      case (.gaps, _):
        heads.innerStride = columns + 2
        heads.rowStride = inner * (columns + 2) + 1
        heads.outerStride = rows * heads.rowStride + 5
        heads.offset = 3
        return heads
      case (.contiguous, _), (.repeatedRows, _):
        return BatchedMatrixLayout(planes: planes, rows: rows, columns: columns)
      }
    }
  }

  private static func contraction(
    _ planes: Int, _ rows: Int, _ columns: Int, _ depth: Int, transposesRight: Bool,
    layout: BatchedLayout = .contiguous
  ) -> VerificationCase {
    var result = VerificationCase([.planes: planes, .rows: rows, .columns: columns, .depth: depth])
    let right = transposesRight ? (columns, depth) : (depth, columns)
    for (operand, rows, columns) in [
      ("left", rows, depth), ("right", right.0, right.1), ("output", rows, columns),
    ] {
      result.batchedLayouts[operand] = layout.layout(of: operand, planes: planes, rows: rows, columns: columns)
    }
    result.transposesRight = transposesRight
    result.notes = (transposesRight ? ["right transposed"] : []) + (layout == .contiguous ? [] : [layout.rawValue])
    return result
  }
}
