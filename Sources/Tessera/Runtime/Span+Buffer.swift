extension Span where Element: BitwiseCopyable {
  /// The span's memory as a buffer: the one place where a call drops from spans to pointers.
  func withBuffer<Failure: Error>(
    _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Void
  ) throws(Failure) {
    try withUnsafeBufferPointer { buffer throws(Failure) in try body(buffer) }
  }
}

/// The same for an operand that a call may lack: no elements then.
func withBuffer<Element: BitwiseCopyable, Failure: Error>(
  _ span: Span<Element>?, _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Void
) throws(Failure) {
  if let span {
    try span.withBuffer(body)
  } else {
    try body(UnsafeBufferPointer(start: nil, count: 0))
  }
}

extension MutableSpan where Element: BitwiseCopyable {
  mutating func withMutableBuffer<Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Element>) throws(Failure) -> Void
  ) throws(Failure) {
    try withUnsafeMutableBufferPointer { buffer throws(Failure) in try body(buffer) }
  }
}

extension MatrixLayout {
  /// The same extents without gaps: how results lie unless the caller says otherwise.
  var contiguous: MatrixLayout { MatrixLayout(rows: rows, columns: columns) }
}
