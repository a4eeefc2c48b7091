import Tessera

extension CaseList {
  /// Both pairings, each with head widths around vectors, all columns, a part of them and none; one head and several;
  /// sequences that work items cut and that they join; heads that lie in all ways; positions that go on past the
  /// cache's end, as those of a rolling window do.
  static func cacheAppendCases() -> [VerificationCase] {
    let sizes: [Size] = [
      Size(), Size(3, 5, 4, 20, 12), Size(2, 7, 1, 16, 17), Size(1, 97, 3, 24, 40), Size(5, 1, 2, 64, 1),
      Size(0, 3, 2, 8, 8), Size(2, 0, 2, 8, 8), Size(2, 3, 0, 8, 8), Size(2, 3, 2, 0, 8), Size(2, 3, 2, 8, 0),
      Size(2, 3, 2, 0, 0),
      // Several work items, which end within sequences and beyond them.
      Size(7, 41, 2, 32, 32), Size(2, 300, 3, 16, 80),
    ]
    // What is beside the keys is of another width.
    let widths = (around(8, 16, 32, 64) + [1, 80]).map { Size(2, 3, 2, $0, 81 - $0) }
    var plain = (sizes + widths).map(\.plain)
    plain += rotatedKeys + startedSequences + placedHeads + specialHeads
    return RotaryPairing.allCases.flatMap { pairing in
      plain.map { plain in
        var result = plain
        result.rotary.pairing = pairing
        result.notes.append(pairing.rawValue)
        return result
      }
    }
  }

  private struct Size {
    var batch = 1, length = 1, heads = 1, width = 1, valueWidth = 1

    init() {}

    init(_ batch: Int, _ length: Int, _ heads: Int, _ width: Int, _ valueWidth: Int) {
      (self.batch, self.length, self.heads, self.width, self.valueWidth) = (batch, length, heads, width, valueWidth)
    }

    var plain: VerificationCase {
      VerificationCase([
        .batch: batch, .queryLength: length, .keyValueHeads: heads, .headDimension: width, .valueDimension: valueWidth,
      ])
    }

    func layout(_ heads: HeadLayout, _ columns: Int) -> BatchedMatrixLayout {
      heads.layout(sequences: batch, heads: self.heads, rows: length, columns: columns)
    }
  }

  private static var rotatedKeys: [VerificationCase] {
    [(0, 5), (2, 2), (2, 9), (14, 16), (18, 33), (32, 64), (34, 80), (66, 67)].map { rotated, width in
      var result = Size(2, 5, 3, width, 16).plain
      result.rotary.rotatedColumns = rotated
      result.notes = ["\(rotated) rotated"]
      return result
    }
  }

  private static var startedSequences: [VerificationCase] {
    [([3, 0, 40], 10000.0, 1.0), ([0, 7, 1000], 500_000, 0.25), ([6, 6, 13], 10000, -1)].map {
      starts, base, frequencyScale in
      var result = Size(3, 7, 2, 24, 10).plain
      (result.rotary.base, result.rotary.frequencyScale) = (base, frequencyScale)
      result.rotary.starts = starts
      result.notes = ["from \(starts), base \(base), frequency scale \(frequencyScale)"]
      return result
    }
  }

  private static var placedHeads: [VerificationCase] {
    HeadLayout.allCases.flatMap { keys in
      HeadLayout.allCases.map { values in
        let size = Size(2, 6, 3, 20, 33)
        var result = size.plain
        result.batchedLayouts = ["keys": size.layout(keys, size.width), "values": size.layout(values, size.valueWidth)]
        result.rotary.starts = [4, 9]
        result.notes = ["keys: \(keys.rawValue), values: \(values.rawValue)"]
        return result
      }
    }
  }

  private static var specialHeads: [VerificationCase] {
    [Size(2, 10, 2, 33, 5), Size(1, 30, 1, 64, 64)].map { size in
      var result = size.plain
      result.values = .special
      result.notes = ["special values"]
      return result
    }
  }
}
