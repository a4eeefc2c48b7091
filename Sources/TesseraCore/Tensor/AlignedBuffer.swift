#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Memory for `count` elements: 64-byte aligned, and huge-page advised where it is large enough to matter.
///
/// First touch of fresh memory costs more than most element-wise operators (4 KiB pages: about 1.5 GB/s a core, huge
/// pages: 7), so owners are meant to be kept and reused. Spans of the contents come from `elements.span`, valid as long
/// as the buffer is kept alive, and `withMutableSpan`.
public final class AlignedBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
  /// All elements. The caller keeps the buffer alive while it uses them, and keeps writers apart.
  public let elements: UnsafeMutableBufferPointer<Element>

  public var count: Int { elements.count }

  /// What `body` makes of all elements, which it may write, as an operator's output for instance.
  public func withMutableSpan<Result, Failure: Error>(
    _ body: (consuming MutableSpan<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let elements = elements
    defer { extendLifetime(self) }
    return try body(elements.mutableSpan)
  }

  /// The first element; 64-byte aligned. Never nil, also for an empty buffer.
  public var pointer: UnsafeMutablePointer<Element> { elements.baseAddress! }

  /// Memory whose contents are undefined until they are written. Throws for a negative or overflowing size.
  public init(uninitializedCount count: Int) throws(TesseraError) {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard count >= 0, !overflow, byteCount <= Int.max - hugePageBytes else {
      throw TesseraError.invalidOperand(
        operation: "AlignedBuffer", operand: "count", expected: "a size that fits in memory", actual: "\(count)")
    }
    let isLarge = byteCount >= hugePageBytes
    let alignment = isLarge ? hugePageBytes : cacheLineBytes
    // Rounded up to the alignment so that the tail, too, can be a huge page.
    let allocated = max(alignment, (byteCount + alignment - 1) / alignment * alignment)
    var address: UnsafeMutableRawPointer?
    guard posix_memalign(&address, alignment, allocated) == 0, let address else {
      throw TesseraError.outOfMemory(byteCount: byteCount)
    }
    #if os(Linux)
      // Advice only: where the system has no huge pages the call fails and nothing else changes.
      if isLarge { _ = madvise(address, allocated, MADV_HUGEPAGE) }
    #endif
    elements = UnsafeMutableBufferPointer(start: address.assumingMemoryBound(to: Element.self), count: count)
  }

  /// Memory filled with one value.
  public convenience init(repeating value: Element, count: Int) throws(TesseraError) {
    try self.init(uninitializedCount: count)
    elements.update(repeating: value)
  }

  deinit { free(elements.baseAddress) }
}

/// x86-64 and arm64 (4 KiB granule) Linux: the size of a page-table-level-2 page.
private let hugePageBytes = 2 << 20
/// A cache line of x86-64, and the width of an AVX-512 register.
private let cacheLineBytes = 64
