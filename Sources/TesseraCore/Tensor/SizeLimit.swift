/// The most elements that an operand, and the most rows or columns that a matrix may have.
///
/// As floats these are 2^46 bytes, half the address space that a process has on x86-64 and arm64 (2^47 bytes), so
/// anything beyond is a mistake. Below it, bytes and operations of every row-wise operator stay far from overflowing.
/// It holds for what is only read as well, although a row stride of 0 lets any number of rows lie in a small span.
public let maximumElementCount = 1 << 44

/// Whether both extents and their product are from 0 to `maximumElementCount`.
public func areWithinSizeLimit(_ rows: Int, _ columns: Int) -> Bool {
  guard (0...maximumElementCount).contains(rows), (0...maximumElementCount).contains(columns) else { return false }
  return columns == 0 || rows <= maximumElementCount / columns
}
