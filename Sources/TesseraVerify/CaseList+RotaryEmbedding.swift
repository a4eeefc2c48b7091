import Tessera

extension CaseList {
  /// Both pairings, each with all columns, a part of them and none; heads one after the other and beside each other,
  /// positions that begin anywhere, strides, special values, in place and apart.
  static func rotaryEmbeddingCases(_ descriptor: OperatorDescriptor) -> [VerificationCase] {
    RotaryPairing.allCases.flatMap { pairing in
      (shapes(descriptor) + special(descriptor) + rotatedParts + sequenceCases + options).map { plain in
        var result = plain
        result.rotary.pairing = pairing
        result.notes.append(pairing.rawValue)
        return result
      }
    }
  }

  /// Pairs around vectors, with columns behind them and without.
  private static var rotatedParts: [VerificationCase] {
    [(0, 5), (2, 2), (2, 9), (14, 16), (16, 40), (18, 33), (30, 64), (32, 64), (34, 80), (62, 62), (64, 128), (66, 67)]
      .flatMap { rotated, columns in
        [false, true].map { isInPlace in
          var result = VerificationCase([.planes: 3, .rows: 5, .columns: columns])
          result.rotary.rotatedColumns = rotated
          result.isInPlace = isInPlace
          result.notes = ["\(rotated) rotated"] + (isInPlace ? ["in place"] : [])
          return result
        }
      }
  }

  /// How the heads of a sequence lie.
  enum HeadLayout: String, CaseIterable {
    case contiguous
    case tokenRows = "heads in token rows"
    /// Rows begin on cache lines, so that non-temporal stores are taken where asked for.
    case cache = "a cache with room for more rows"
    case gaps = "gaps and an offset"
    /// Planes in pairs, whatever the number of heads.
    case otherNesting = "another nesting"

    func layout(sequences: Int, heads: Int, rows: Int, columns: Int) -> BatchedMatrixLayout {
      var layout = BatchedMatrixLayout(
        planes: sequences * heads, innerPlanes: heads, rows: rows, columns: columns,
        outerStride: heads * rows * columns, innerStride: rows * columns, rowStride: columns)
      switch self {
      case .contiguous: break
      case .tokenRows: (layout.innerStride, layout.rowStride) = (columns, heads * columns)
      case .cache:
        layout.rowStride = (columns / 16 + 1) * 16
        layout.innerStride = (rows + 3) * layout.rowStride
        layout.outerStride = heads * layout.innerStride
      case .gaps:
        layout.innerStride = columns + 1
        layout.rowStride = heads * layout.innerStride + 3
        layout.outerStride = rows * layout.rowStride + 5
        layout.offset = 2
      case .otherNesting:
        layout.innerPlanes = 2
        layout.innerStride = rows * columns + 1
        layout.outerStride = 2 * layout.innerStride + 1
      }
      return layout
    }
  }

  private static var sequenceCases: [VerificationCase] {
    HeadLayout.allCases.flatMap { input in
      HeadLayout.allCases.flatMap { output in
        [(2, 3, 7, 20, 20), (3, 2, 5, 64, 64), (2, 1, 4, 40, 16), (4, 5, 1, 64, 32)].map {
          sequences, heads, rows, columns, rotated in
          var result = VerificationCase([.planes: sequences * heads, .rows: rows, .columns: columns])
          for (operand, layout) in [("input", input), ("output", output)] {
            result.batchedLayouts[operand] = layout.layout(
              sequences: sequences, heads: heads, rows: rows, columns: columns)
          }
          result.rotary.sequences = sequences
          result.rotary.starts = (0..<sequences).map { $0 * 37 % 50 }
          result.rotary.rotatedColumns = rotated
          result.isInPlace = input == output
          result.placement = output == .cache ? .beginsAtGuard : nil
          result.notes = [
            "\(sequences) sequences", "\(rotated) rotated", "read: \(input.rawValue), written: \(output.rawValue)",
          ]
          return result
        }
      }
    }
  }

  /// Positions far from 0, other frequencies; more rows than an item has.
  private static var options: [VerificationCase] {
    var divided = VerificationCase([.planes: 4, .rows: 130, .columns: 64])
    divided.rotary.divisors = (0..<32).map { 1 + Float($0) / 4 }
    divided.notes = ["divided frequencies"]
    return [divided]
      + [(10000.0, 1.0, 3000), (500_000, 1, 100), (10000, 0.25, 777), (1, 1, 5), (10000, -1, 9)].map {
        base, frequencyScale, start in
        var result = VerificationCase([.planes: 4, .rows: 130, .columns: 64])
        (result.rotary.base, result.rotary.frequencyScale) = (base, frequencyScale)
        result.rotary.starts = [start]
        result.notes = ["base \(base), frequency scale \(frequencyScale), from \(start)"]
        return result
      }
  }
}
