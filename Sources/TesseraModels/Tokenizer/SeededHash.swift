/// A hash whose keys are drawn anew in every process, so that no file can be made of contents that collide.
///
/// Eight bytes at a time are joined to the state and multiplied by a secret odd number to 128 bits, of which the halves
/// are joined. `Hasher` takes several times as long for the few bytes of a token.
struct SeededHash: Sendable {
  private static let keys = (start: UInt64.random(in: .min ... .max), factor: UInt64.random(in: .min ... .max) | 1)
  private let start: UInt64
  private let factor: UInt64

  init() { (start, factor) = Self.keys }

  /// Slots for so many entries, a power of two: at least half stay free.
  static func slotCount(for entries: Int) -> Int { 1 << (Int.bitWidth - (2 * max(1, entries)).leadingZeroBitCount) }

  @inline(__always)
  func callAsFunction(_ bytes: UnsafeRawBufferPointer) -> Int {
    // The count tells apart texts that the padding of the last bytes would make equal.
    var state = start ^ UInt64(bytes.count)
    var place = 0
    while place + 8 <= bytes.count {
      state = mixed(state ^ bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      place += 8
    }
    var rest: UInt64 = 0
    while place < bytes.count {
      rest = rest << 8 | UInt64(bytes[place])
      place += 1
    }
    return Int(truncatingIfNeeded: mixed(state ^ rest))
  }

  @inline(__always)
  func callAsFunction(_ number: UInt64) -> Int { Int(truncatingIfNeeded: mixed(start ^ number)) }

  @inline(__always)
  private func mixed(_ state: UInt64) -> UInt64 {
    let (high, low) = state.multipliedFullWidth(by: factor)
    return high ^ low
  }
}
