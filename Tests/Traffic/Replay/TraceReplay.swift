/// Follows the lines of TrafficProbe and of lackey, and compares each call's D with its trace.
struct TraceReplay {
  private(set) var comparisons: [Comparison] = []
  /// What is wrong with the lines, if something is.
  private(set) var complaint: String?

  /// A call that was described and not yet concluded.
  private struct Call {
    /// Operator, mode, instruction set, shape, C.
    var words: [String]
    var operands: [Range<UInt>] = []
    var capacityBytes: Int { Int(words.last ?? "") ?? 0 }
  }
  private var call: Call?
  /// Where the call's begin and end are marked by a store; nil outside of calls.
  private var sentinel: UInt?
  private var isRunning = false
  /// Whether the program came to its end.
  private var isDone = false
  private var cache = WriteBackCache(capacityBytes: 0, operands: [])

  /// Takes one line; returns the comparison that it completes, if it does.
  mutating func take(_ line: UnsafeBufferPointer<UInt8>) -> Comparison? {
    guard complaint == nil, let first = line.first else { return nil }
    if first == UInt8(ascii: " ") {
      if let sentinel, let access = TracedAccess(line) { follow(access, sentinel: sentinel) }
    } else if (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) {
      let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
      return describe(words[0], Array(words.dropFirst()))
    }
    return nil
  }

  /// Says that no more lines come.
  mutating func end() {
    if complaint == nil, !isDone { complaint = "the trace ends before the program does" }
  }

  private mutating func follow(_ access: TracedAccess, sentinel: UInt) {
    if access.address == sentinel, access.stores {
      if isRunning {
        cache.flush()
        self.sentinel = nil
      } else {
        cache = WriteBackCache(capacityBytes: call!.capacityBytes, operands: call!.operands)
      }
      isRunning.toggle()
    } else if isRunning {
      if access.loads { cache.access(access.address, byteCount: access.byteCount, isStore: false) }
      if access.stores { cache.access(access.address, byteCount: access.byteCount, isStore: true) }
    }
  }

  private mutating func describe(_ keyword: String, _ words: [String]) -> Comparison? {
    switch keyword {
    case "case":
      call = Call(words: words)
      cache = WriteBackCache(capacityBytes: 0, operands: [])
    case "operand":
      guard words.count == 3, let start = UInt(words[1], radix: 16), let count = UInt(words[2]), call != nil else {
        complaint = "cannot read: operand \(words)"
        break
      }
      call!.operands.append(start..<start + count)
    case "sentinel":
      sentinel = words.first.flatMap { UInt($0, radix: 16) }
    case "counted": return conclude(words)
    case "done": isDone = true
    case "failed": complaint = words.joined(separator: " ")
    default: break
    }
    return nil
  }

  private mutating func conclude(_ counted: [String]) -> Comparison? {
    guard let call, !isRunning, sentinel == nil, counted.count == 2, let read = Int(counted[0]),
      let written = Int(counted[1])
    else {
      complaint = "the trace does not hold the call from its beginning to its end"
      return nil
    }
    self.call = nil
    let comparison = Comparison(
      call: call.words, counted: (read, written), traced: (cache.readBytes, cache.writtenBytes),
      scratchBytes: cache.scratchBytes)
    comparisons.append(comparison)
    return comparison
  }
}
