import Tessera

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Prints now: the line's place among the trace's lines is what it says when.
func say(_ words: Any...) {
  print(words.map { "\($0)" }.joined(separator: " "))
  fflush(nil)
}

private func hexadecimal(_ pointer: UnsafeRawPointer?) -> String { String(UInt(bitPattern: pointer), radix: 16) }

/// Describes a call, runs it between two stores to a sentinel, and says what it counted.
///
/// `words` are name, mode, instruction set, shape and C; operands are what main memory holds, all else is scratch.
func trace(
  _ words: [Any], operands: [(name: String, memory: UnsafeRawBufferPointer)], counted: () -> Traffic,
  _ call: () throws -> Void
) throws {
  // A cache line of its own. Its address leaves this function, so that neither store can be left out.
  let sentinel = try AlignedBuffer<UInt64>(repeating: 0, count: 8)
  say("case", words.map { "\($0)" }.joined(separator: " "))
  for (name, memory) in operands { say("operand", name, hexadecimal(memory.baseAddress), memory.count) }
  say("sentinel", hexadecimal(sentinel.pointer))
  try withExtendedLifetime(sentinel) {
    sentinel.pointer.pointee = 1
    try call()
    sentinel.pointer.pointee = 2
  }
  let traffic = counted()
  say("counted", traffic.readBytes, traffic.writtenBytes)
}
