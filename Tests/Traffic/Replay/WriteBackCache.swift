/// A fully associative cache with least-recently-used replacement, write-back, and allocation without a fetch.
///
/// Every data access takes part, so that stack and scratch compete for room with the operands. What is counted:
/// - an operand's line: 64 bytes read for a load that misses, 64 written when it leaves dirty, at the latest at the
///   end;
/// - any other line: only if it leaves and comes back, 64 written if it left dirty and 64 read if a load brings it
///   back.
/// A store that misses fetches nothing: the model counts no read for ownership.
struct WriteBackCache {
  static let lineBytes: UInt = 64

  private(set) var readBytes = 0
  private(set) var writtenBytes = 0
  /// The part of both that is not the operands'.
  private(set) var scratchBytes = 0

  private struct Slot {
    var line: UInt = 0
    var isDirty = false
    var isOperand = false
    /// Neighbours in order of use; slot 0 stands before the newest and after the oldest.
    var newer: Int32 = 0
    var older: Int32 = 0
  }
  private var slots: [Slot]
  private var slotOfLine: [UInt: Int32] = [:]
  private var used: Int32 = 0
  private let capacity: Int32
  private let operands: [Range<UInt>]
  /// Lines that are not an operand's and have left, and whether they were dirty.
  private var departed: [UInt: Bool] = [:]

  init(capacityBytes: Int, operands: [Range<UInt>]) {
    capacity = Int32(max(1, capacityBytes / Int(Self.lineBytes)))
    self.operands = operands
    slots = Array(repeating: Slot(), count: Int(capacity) + 1)
    slotOfLine.reserveCapacity(Int(capacity) * 2)
  }

  /// One load or store of `byteCount` bytes.
  mutating func access(_ address: UInt, byteCount: UInt, isStore: Bool) {
    let first = address / Self.lineBytes
    let last = (address + max(1, byteCount) - 1) / Self.lineBytes
    for line in first...last { access(line: line, isStore: isStore) }
  }

  /// Writes back what operands still have dirty.
  mutating func flush() {
    for slot in slotOfLine.values where slots[Int(slot)].isDirty && slots[Int(slot)].isOperand {
      slots[Int(slot)].isDirty = false
      writtenBytes += Int(Self.lineBytes)
    }
  }

  private mutating func access(line: UInt, isStore: Bool) {
    let newest = slots[0].older
    var slot = newest
    if newest == 0 || slots[Int(newest)].line != line {
      if let found = slotOfLine[line] {
        slot = found
        unlink(slot)
      } else {
        slot = room()
        slots[Int(slot)].line = line
        slots[Int(slot)].isDirty = false
        slots[Int(slot)].isOperand = isOperand(line)
        slotOfLine[line] = slot
        countMiss(line, isOperand: slots[Int(slot)].isOperand, isStore: isStore)
      }
      linkAsNewest(slot)
    }
    if isStore { slots[Int(slot)].isDirty = true }
  }

  private mutating func countMiss(_ line: UInt, isOperand: Bool, isStore: Bool) {
    let bytes = Int(Self.lineBytes)
    if isOperand {
      if !isStore { readBytes += bytes }
    } else if let wasDirty = departed.removeValue(forKey: line) {
      let written = wasDirty ? bytes : 0
      let read = isStore ? 0 : bytes
      writtenBytes += written
      readBytes += read
      scratchBytes += written + read
    }
  }

  /// A slot for a new line: an unused one, or the oldest line's.
  private mutating func room() -> Int32 {
    guard used == capacity else {
      used += 1
      return used
    }
    let oldest = slots[0].newer
    let leaving = slots[Int(oldest)]
    unlink(oldest)
    slotOfLine.removeValue(forKey: leaving.line)
    if !leaving.isOperand {
      departed[leaving.line] = leaving.isDirty
    } else if leaving.isDirty {
      writtenBytes += Int(Self.lineBytes)
    }
    return oldest
  }

  private func isOperand(_ line: UInt) -> Bool {
    let start = line * Self.lineBytes
    return operands.contains { $0.overlaps(start..<start + Self.lineBytes) }
  }

  private mutating func unlink(_ slot: Int32) {
    let (newer, older) = (slots[Int(slot)].newer, slots[Int(slot)].older)
    slots[Int(newer)].older = older
    slots[Int(older)].newer = newer
  }

  private mutating func linkAsNewest(_ slot: Int32) {
    let newest = slots[0].older
    slots[Int(slot)].newer = 0
    slots[Int(slot)].older = newest
    slots[Int(newest)].newer = slot
    slots[0].older = slot
  }
}
