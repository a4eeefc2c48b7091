import Tessera

extension CaseList {
  /// Masks of the fused kernel over stored scores: more queries than keys and fewer, both alignments, windows that are
  /// narrow, open on a side, or past all keys; rows that see nothing, one column, and all.
  static func maskedCases() -> [VerificationCase] {
    let masks: [AttentionMask] =
      AttentionMask.Alignment.allCases.flatMap { alignment in
        [
          .causal(alignment: alignment), .window(left: 0, right: 0, alignment: alignment),
          .window(left: 5, right: 2, alignment: alignment), .window(left: 40, right: nil, alignment: alignment),
          .window(left: nil, right: 33, alignment: alignment),
          .window(left: .max, right: .max, alignment: alignment),
        ]
      }
    // Vectors, dropout's steps of 32 and 64 columns, and two steps at once, begin and end inside and outside of what is
    // seen.
    let shapes = [(2, 9, 9), (1, 70, 70), (3, 5, 67), (2, 41, 7), (1, 20, 300), (1, 150, 128)]
    return masks.flatMap { mask in
      shapes.flatMap { planes, rows, columns in
        ExecutionMode.allCases.map { mode in
          var masked = VerificationCase([.planes: planes, .rows: rows, .columns: columns])
          masked.mask = mask
          masked.mode = mode
          // Hidden NaN and infinities must not be seen; what is seen of them must be.
          masked.values = columns % 2 == 0 ? .uniform : .special
          masked.isInPlace = planes == 2
          masked.placement = planes == 1 ? .beginsAtGuard : nil
          masked.notes = ["\(mask)", mode.rawValue]
          return masked
        }
      }
    }
  }
}
