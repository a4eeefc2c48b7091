import Tessera

extension CaseList {
  /// How the rows of one operand lie.
  private enum RowLayout: String {
    case contiguous
    /// Three elements between rows, two before the first: no row is aligned.
    case gaps = "gaps and an offset"
    /// Rows begin on cache lines, so that non-temporal stores are taken where asked for.
    case aligned = "aligned rows"
    case reversed = "rows in reverse"
    /// One row seen many times; only for what is read.
    case repeated = "one row repeated"

    func layout(rows: Int, columns: Int) -> MatrixLayout? {
      switch self {
      case .contiguous: nil
      case .gaps: MatrixLayout(rows: rows, columns: columns, rowStride: columns + 3, offset: 2)
      // 16 floats are 64 bytes.
      case .aligned: MatrixLayout(rows: rows, columns: columns, rowStride: (columns / 16 + 2) * 16)
      case .reversed:
        MatrixLayout(rows: rows, columns: columns, rowStride: -(columns + 1), offset: (rows - 1) * (columns + 1))
      case .repeated: MatrixLayout(rows: rows, columns: columns, rowStride: 0, offset: 1)
      }
    }
  }

  private static let combinations: [(read: RowLayout, written: RowLayout)] = [
    (.gaps, .gaps), (.contiguous, .gaps), (.gaps, .contiguous), (.aligned, .aligned), (.contiguous, .aligned),
    (.reversed, .contiguous), (.contiguous, .reversed), (.reversed, .gaps), (.repeated, .contiguous),
    (.repeated, .gaps),
  ]

  /// Strided operands, out of place and in place.
  static func layouts(_ descriptor: OperatorDescriptor) -> [VerificationCase] {
    let shapes = [(5, 17), (9, 64), (3, 40)]
    return shapes.flatMap { rows, columns in
      combinations.map { read, written in
        strided(descriptor, rows: rows, columns: columns, read: read, written: written)
      } + inPlace(descriptor, rows: rows, columns: columns)
    }
  }

  private static func inPlace(_ descriptor: OperatorDescriptor, rows: Int, columns: Int) -> [VerificationCase] {
    [RowLayout.contiguous, .gaps, .aligned, .reversed].flatMap { layout in
      let apart = strided(descriptor, rows: rows, columns: columns, read: layout, written: layout)
      return descriptor.inputsInPlace.map(apart.inPlace)
    }
  }

  /// Calls of the fused norms that lack the bias or return the sum, or are the gradients of such, in both modes, with
  /// rows that lie in all ways, the sum apart from the residual and in its place.
  static func residualNormCases(_ descriptor: OperatorDescriptor) -> [VerificationCase] {
    // The gradients know nothing of the bias.
    let options = descriptor.options.contains(.bias) ? [(false, false), (true, true), (false, true)] : [(true, true)]
    return ExecutionMode.allCases.flatMap { mode in
      options.flatMap { hasBias, returnsSum in
        (layouts(descriptor) + sizes).map { plain in
          var result = plain
          (result.mode, result.hasBias, result.returnsSum) = (mode, hasBias, returnsSum)
          result.notes += [mode.rawValue] + (hasBias ? [] : ["no bias"]) + (returnsSum ? ["the sum is returned"] : [])
          return result
        }
      }
    }
  }

  /// No rows, no columns, several work items, special values.
  private static var sizes: [VerificationCase] {
    [(0, 8), (4, 0), (307, 257), (20, 5), (30, 64)].map { rows, columns in
      var result = VerificationCase([.rows: rows, .columns: columns])
      if rows == 30 || rows == 20 { result.values = .special }
      result.isInPlace = rows == 30
      return result
    }
  }

  /// Matrix operands of floats take layouts; vectors, masks and what is kept for backward, but a sum, are contiguous.
  private static func strided(
    _ descriptor: OperatorDescriptor, rows: Int, columns: Int, read: RowLayout, written: RowLayout
  ) -> VerificationCase {
    var result = VerificationCase([.rows: rows, .columns: columns])
    for operand in descriptor.reads where operand.takesLayout {
      result.layouts[operand.name] = read.layout(rows: rows, columns: columns)
    }
    for operand in descriptor.writes where operand.takesLayout {
      result.layouts[operand.name] = written.layout(rows: rows, columns: columns)
    }
    // Memory begins on a page, so that aligned rows are aligned in memory.
    if written == .aligned { result.placement = .beginsAtGuard }
    result.notes = ["read: \(read.rawValue), written: \(written.rawValue)"]
    return result
  }
}

extension Operand {
  fileprivate var takesLayout: Bool {
    guard case .vector = shape else { return role == .activation && (!isKeptForBackward || isReturnable) }
    return false
  }
}
