extension AlignedBuffer {
  /// Memory for so many elements at least, whose contents are undefined: `earlier` where that has room, or else new.
  static func uninitialized(count: Int, reusing earlier: AlignedBuffer?) throws(TesseraError) -> AlignedBuffer {
    if let earlier, count <= earlier.count { return earlier }
    return try AlignedBuffer(uninitializedCount: count)
  }
}
