/// Finds places for the labels of points, so that they cover neither points nor each other where that can be had.
package struct LabelPlacement {
  package struct Placed: Hashable {
    package var text: String
    /// Where the point lies, in pixels.
    package var anchor: SIMD2<Double>
    /// Where the label's middle lies.
    package var centre: SIMD2<Double>
    /// Whether the label is so far from its point that a line between them helps.
    package var isFar: Bool
  }

  private struct Box {
    var centre, half: SIMD2<Double>

    func overlap(_ other: Box) -> Double {
      let common = (half + other.half) - abs(centre - other.centre)
      return max(0, common.x) * max(0, common.y)
    }

    private func abs(_ vector: SIMD2<Double>) -> SIMD2<Double> { vector.replacing(with: -vector, where: vector .< 0) }
  }

  /// Points nearer to each other than this share a label.
  private static let sameDistance = 7.0
  /// The width in 11-pixel type: about, since its letters are not known.
  private static func width(_ text: String) -> Double { text.reduce(0) { $0 + ($1.isUppercase ? 8.4 : 6) } }
  private static let lineHeight = 13.0

  /// Each label once, in the order of the points; those of points that lie on each other joined by commas.
  package static func place(_ points: [(text: String, anchor: SIMD2<Double>)], within size: SIMD2<Double>) -> [Placed] {
    var groups: [(texts: [String], anchor: SIMD2<Double>)] = []
    for point in points {
      let near = groups.firstIndex { group in
        let distance = group.anchor - point.anchor
        return (distance * distance).sum() < sameDistance * sameDistance
      }
      guard let near else {
        groups.append(([point.text], point.anchor))
        continue
      }
      if !groups[near].texts.contains(point.text) { groups[near].texts.append(point.text) }
    }
    var taken = points.map { Box(centre: $0.anchor, half: SIMD2(repeating: 6)) }
    return groups.map { group in
      let text = group.texts.joined(separator: ", ")
      let half = SIMD2(width(text), lineHeight) / 2
      var best: (placed: Placed, overlap: Double)?
      for (index, offset) in offsets(half).enumerated() {
        let box = Box(centre: group.anchor + offset, half: half)
        let outside = max(0, max((half - box.centre).max(), (box.centre + half - size).max()))
        let overlap = taken.reduce(outside * 100) { $0 + $1.overlap(box) }
        let placed = Placed(text: text, anchor: group.anchor, centre: box.centre, isFar: index >= directions.count)
        if overlap < best?.overlap ?? .infinity { best = (placed, overlap) }
        if overlap == 0 { break }
      }
      taken.append(Box(centre: best!.placed.centre, half: half))
      return best!.placed
    }
  }

  private static let directions: [SIMD2<Double>] = [
    [1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [-1, -1], [1, 1], [-1, 1],
  ]

  /// From near to far, each distance in all directions.
  private static func offsets(_ half: SIMD2<Double>) -> [SIMD2<Double>] {
    [10.0, 22, 36].flatMap { gap in directions.map { $0 * (half + gap) } }
  }
}
