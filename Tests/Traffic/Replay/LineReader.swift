#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Standard input line by line, without a copy of each: a trace has tens of millions of lines.
struct LineReader {
  /// Calls `body` with each line, its newline left out. Bytes are valid during the call.
  static func forEachLine(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 20)
    defer { buffer.deallocate() }
    let base = buffer.baseAddress!
    var filled = 0
    while true {
      let count = read(STDIN_FILENO, base + filled, buffer.count - filled)
      guard count > 0 else { break }
      filled += count
      // Lackey writes each line by itself. A reader that waits for it is woken for each, which costs more than all the
      // rest; one that sleeps until the pipe (64 KiB, about 4000 lines) has filled up is not.
      if count < 32 << 10 { usleep(1000) }
      var start = 0
      while let end = memchr(base + start, 10, filled - start) {
        let length = UnsafePointer(end.assumingMemoryBound(to: UInt8.self)) - UnsafePointer(base + start)
        body(UnsafeBufferPointer(start: base + start, count: length))
        start += length + 1
      }
      // A line longer than the buffer is none of ours: it is dropped.
      if start == 0, filled == buffer.count { start = filled }
      memmove(base, base + start, filled - start)
      filled -= start
    }
  }
}
