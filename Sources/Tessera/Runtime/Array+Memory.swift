extension Array {
  /// Memory that it takes: its elements, without what they own, and the four words that stand before them.
  var byteCount: Int { isEmpty ? 0 : 4 * MemoryLayout<Int>.stride + count * MemoryLayout<Element>.stride }
}
