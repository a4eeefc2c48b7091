/// A column and its logit as one number. Of two, the less is the greater logit's, and of equal logits the first
/// column's.
enum Candidate {
  @inline(__always)
  static func make(_ logit: Float, column: Int) -> UInt64 {
    // −0 becomes 0, which it equals.
    let bits = (logit + 0).bitPattern
    // Floats of one sign are ordered as their bits are, negative ones the other way round.
    let descending = bits >> 31 == 0 ? ~bits & 0x7FFF_FFFF : bits
    return UInt64(descending) << 32 | UInt64(column)
  }

  @inline(__always)
  static func column(_ candidate: UInt64) -> Int { Int(candidate & 0xFFFF_FFFF) }

  @inline(__always)
  static func logit(_ candidate: UInt64) -> Float {
    let descending = UInt32(candidate >> 32)
    return Float(bitPattern: descending >> 31 == 0 ? ~descending & 0x7FFF_FFFF : descending)
  }
}

/// Sorts candidates by logits, digit by digit, so that the time does not depend on what they are.
enum CandidateSort {
  /// Bits of a digit: three digits are a float.
  private static let digitBits = 11
  /// Elements that the counts of one digit take.
  static let countRoom = 1 << digitBits
  /// Below it, counting three digits takes longer than moving each to its place.
  private static let few = 96

  /// Copies `count` candidates, which are in order of columns, to `sorted` in order.
  static func sort(
    _ candidates: UnsafePointer<UInt64>, count: Int, to sorted: UnsafeMutablePointer<UInt64>,
    with other: UnsafeMutablePointer<UInt64>, counts: UnsafeMutablePointer<UInt64>
  ) {
    guard count >= few else { return insert(candidates, count: count, to: sorted) }
    // Stable, digit by digit from the lowest: equal logits stay in order of columns.
    distribute(candidates, count, shift: 32, to: sorted, counts)
    distribute(sorted, count, shift: 32 + digitBits, to: other, counts)
    distribute(other, count, shift: 32 + 2 * digitBits, to: sorted, counts)
  }

  private static func insert(
    _ candidates: UnsafePointer<UInt64>, count: Int, to sorted: UnsafeMutablePointer<UInt64>
  ) {
    for index in 0..<count {
      var place = index
      while place > 0, sorted[place - 1] > candidates[index] {
        sorted[place] = sorted[place - 1]
        place -= 1
      }
      sorted[place] = candidates[index]
    }
  }

  private static func distribute(
    _ source: UnsafePointer<UInt64>, _ count: Int, shift: Int, to target: UnsafeMutablePointer<UInt64>,
    _ counts: UnsafeMutablePointer<UInt64>
  ) {
    let mask = UInt64(countRoom - 1)
    counts.update(repeating: 0, count: countRoom)
    for index in 0..<count { counts[Int(source[index] >> UInt64(shift) & mask)] += 1 }
    var place: UInt64 = 0
    for digit in 0..<countRoom {
      let next = place + counts[digit]
      counts[digit] = place
      place = next
    }
    for index in 0..<count {
      let digit = Int(source[index] >> UInt64(shift) & mask)
      target[Int(counts[digit])] = source[index]
      counts[digit] += 1
    }
  }
}
