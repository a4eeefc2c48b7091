import Tessera

/// An operand of one case in guarded memory: values in logical order on one side, their places on the other. Of stored
/// elements the values are their bytes.
struct PlacedOperand {
  let operand: Operand
  let memory: GuardedBuffer
  /// Where each element lies, in the order planes, rows, columns; in elements from the buffer's start.
  private let positions: [Int]

  init(
    _ operand: Operand, in verificationCase: VerificationCase, filler: GuardedBuffer.Filler
  ) throws(TesseraError) {
    self.operand = operand
    positions = verificationCase.positions(of: operand)
    let count = positions.max().map { $0 + 1 } ?? 0
    memory = try GuardedBuffer(
      byteCount: count * operand.placeType.byteCount(ofElements: 1),
      placement: verificationCase.placement ?? .endsAtGuard,
      filler: filler)
  }

  private init(_ operand: Operand, memory: GuardedBuffer, positions: [Int]) {
    self.operand = operand
    self.memory = memory
    self.positions = positions
  }

  /// An operand that may alias this one, or a part of it, in the same memory.
  func standing(for operand: Operand, in verificationCase: VerificationCase) -> PlacedOperand {
    PlacedOperand(operand, memory: memory, positions: verificationCase.positions(of: operand))
  }

  var count: Int { positions.count }

  /// Writes each value to its place; of elements that share one, the last stays.
  func scatter(_ values: [Float]) {
    switch operand.placeType {
    case .float32:
      let elements = memory.bytes.bindMemory(to: Float.self)
      for (value, position) in zip(values, positions) { elements[position] = value }
    case .uint8:
      let elements = memory.bytes.bindMemory(to: UInt8.self)
      for (value, position) in zip(values, positions) { elements[position] = UInt8(value) }
    case .int32:
      let elements = memory.bytes.bindMemory(to: Int32.self)
      for (value, position) in zip(values, positions) { elements[position] = Int32(value) }
    default: preconditionFailure("\(operand.elementType) has no place of its own")
    }
  }

  /// The values in logical order; a mask's bytes and places as numbers, exact below 2²⁴.
  func gather() -> [Float] {
    switch operand.placeType {
    case .float32:
      let elements = memory.bytes.bindMemory(to: Float.self)
      return positions.map { elements[$0] }
    case .uint8:
      let elements = memory.bytes.bindMemory(to: UInt8.self)
      return positions.map { Float(elements[$0]) }
    case .int32:
      let elements = memory.bytes.bindMemory(to: Int32.self)
      return positions.map { Float(elements[$0]) }
    default: preconditionFailure("\(operand.elementType) has no place of its own")
    }
  }

  /// Puts filler in the operand's own places and nowhere else. Returns whether some was there already.
  func clear() -> Bool {
    var isPartlyUnwritten = false
    func clear<Element: FixedWidthInteger>(_ type: Element.Type) {
      let elements = memory.bytes.bindMemory(to: type)
      let filler = Element(truncatingIfNeeded: memory.filler.rawValue)
      for position in positions {
        if elements[position] == filler { isPartlyUnwritten = true }
        elements[position] = filler
      }
    }
    if operand.placeType == .uint8 { clear(UInt8.self) } else { clear(UInt32.self) }
    return isPartlyUnwritten
  }
}

extension Operand {
  /// The type of what has a place of its own: of stored elements a byte.
  fileprivate var placeType: ElementType { content == .stored ? .uint8 : elementType }
}

extension VerificationCase {
  /// Where each of the operand's elements lies, in the order planes, rows, columns.
  func positions(of operand: Operand) -> [Int] {
    if operand.content == .stored {
      // Without gaps; a layout says where they begin.
      let start = request.layouts[operand.name]?.offset ?? 0
      return Array(start..<start + operand.byteCount(request.extents))
    }
    if let layout = request.batchedLayouts[operand.name] ?? attentionLayout(of: operand.name) {
      return (0..<layout.planes).flatMap { plane in
        (0..<layout.rows).flatMap { row in
          let start = layout.start(ofPlane: plane) + row * layout.rowStride
          return Array(start..<start + layout.columns)
        }
      }
    }
    if let layout = request.layouts[operand.name] {
      return (0..<layout.rows).flatMap { row in
        let start = layout.offset + row * layout.rowStride
        return Array(start..<start + layout.columns)
      }
    }
    // Log-sum-exps of packed sequences have no rows but their tokens'.
    if operand.name == "log-sum-exp", let attention = request.attention { return Array(0..<attention.logSumExpCount) }
    return Array(0..<operand.elementCount(request.extents))
  }
}
