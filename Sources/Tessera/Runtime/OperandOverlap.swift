/// A matrix operand of a call: where it starts and how it lies.
struct PlacedMatrix {
  var name: String
  var start: UnsafeRawPointer?
  var layout: MatrixLayout
  var elementBytes: Int

  init(_ name: String, _ start: UnsafePointer<Float>?, _ layout: MatrixLayout) {
    self.name = name
    self.start = UnsafeRawPointer(start)
    self.layout = layout
    elementBytes = MemoryLayout<Float>.stride
  }

  init(_ name: String, _ buffer: UnsafeBufferPointer<Float>, _ layout: MatrixLayout) {
    self.init(name, buffer.baseAddress, layout)
  }

  /// A vector, or bytes: one row.
  init(_ name: String, bytes: UnsafeRawPointer?, count: Int) {
    self.name = name
    start = bytes
    layout = MatrixLayout(rows: 1, columns: count)
    elementBytes = 1
  }

  /// What takes the place of an operand that a call does not have; overlaps nothing.
  static var absent: PlacedMatrix { PlacedMatrix("", bytes: nil, count: 0) }

  /// Addresses from the first to past the last byte; nil for an empty operand.
  private var addresses: Range<Int>? {
    guard let start, let range = layout.touchedRange, !range.isEmpty else { return nil }
    let base = Int(bitPattern: start)
    return base + range.lowerBound * elementBytes..<base + range.upperBound * elementBytes
  }

  /// Whether the same elements lie at the same places in both.
  func coincides(with other: PlacedMatrix) -> Bool {
    guard let start, let otherStart = other.start else { return false }
    return start + layout.offset * elementBytes == otherStart + other.layout.offset * other.elementBytes
      && layout.rows == other.layout.rows && layout.columns == other.layout.columns
      && (layout.rowStride == other.layout.rowStride || layout.rows <= 1)
  }

  /// Bytes from the other's first element to this one's; both have memory.
  func distance(from other: PlacedMatrix) -> Int {
    (start! + layout.offset * elementBytes) - (other.start! + other.layout.offset * other.elementBytes)
  }

  /// Whether some byte belongs to both. Column slices of one parent with equal strides are told apart; for other
  /// interleaved layouts the answer is yes when their address ranges meet.
  func overlaps(_ other: PlacedMatrix) -> Bool {
    guard let mine = addresses, let theirs = other.addresses, mine.overlaps(theirs) else { return false }
    // The address ranges of single rows say all. Their strides say nothing, and may be too large to count in bytes.
    guard layout.rows > 1 || other.layout.rows > 1 else { return true }
    let stride = layout.rowStride.magnitude
    guard elementBytes == other.elementBytes, stride == other.layout.rowStride.magnitude,
      stride >= layout.columns.magnitude, stride >= other.layout.columns.magnitude
    else { return true }
    let strideBytes = Int(stride) * elementBytes
    let distance = ((theirs.lowerBound - mine.lowerBound) % strideBytes + strideBytes) % strideBytes
    return distance < layout.columns * elementBytes
      || distance + other.layout.columns * elementBytes > strideBytes
  }
}

/// Throws where a written operand shares memory with another one, unless the descriptor lets the two be the same.
/// Fixed-size lists, because an array would be an allocation a call; an operand that a call lacks is `.absent`.
///
/// Returns whether the call is in place: whether the first of what is written is one of what is read. Lines that were
/// just read are in the caches, and to store them past those would only send them out and back.
@discardableResult
func checkOverlap<let readCount: Int, let writtenCount: Int>(
  _ descriptor: OperatorDescriptor, reads: InlineArray<readCount, PlacedMatrix>,
  writes: InlineArray<writtenCount, PlacedMatrix>
) throws(TesseraError) -> Bool {
  try checkOverlap(operation: descriptor.name, aliasing: descriptor.aliasing, reads: reads, writes: writes)
}

/// The same of a call that no descriptor describes.
@discardableResult
func checkOverlap<let readCount: Int, let writtenCount: Int>(
  operation: String, aliasing: [String: [String]] = [:], reads: InlineArray<readCount, PlacedMatrix>,
  writes: InlineArray<writtenCount, PlacedMatrix>
) throws(TesseraError) -> Bool {
  var isInPlace = false
  for index in writes.indices {
    let written = writes[index]
    for readIndex in reads.indices where written.overlaps(reads[readIndex]) {
      let read = reads[readIndex]
      let mayAlias = aliasing[written.name]?.contains(read.name) == true
      guard mayAlias, written.coincides(with: read) else {
        throw .invalidOperand(
          operation: operation, operand: written.name,
          expected: mayAlias
            ? "memory apart from \(read.name)'s, or exactly the same with row stride \(read.layout.rowStride)"
            : "memory apart from \(read.name)'s",
          actual: "overlapping memory, \(written.distance(from: read)) bytes from it, row stride "
            + "\(written.layout.rowStride)")
      }
      if index == 0 { isInPlace = true }
    }
    for otherIndex in (index + 1)..<writtenCount where written.overlaps(writes[otherIndex]) {
      let other = writes[otherIndex]
      throw .invalidOperand(
        operation: operation, operand: written.name, expected: "memory apart from \(other.name)'s",
        actual: "overlapping memory")
    }
  }
  return isInPlace
}
