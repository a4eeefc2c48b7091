/// Memory for every operand of one call, made from the descriptor: what bench and tests run on.
public final class OperandStorage {
  /// They own the memory, so they alone are enough to run on.
  public let buffers: OperandBuffers
  /// Bytes of all operands together.
  public let byteCount: Int

  /// What storage with these arguments takes.
  public static func byteCount(
    _ descriptor: OperatorDescriptor, extents: Extents, mode: ExecutionMode, inPlace: Bool = false
  ) -> Int {
    let written = descriptor.writes(in: mode).filter { !(inPlace && descriptor.aliasing[$0.name] != nil) }
    return (descriptor.reads + written).reduce(0) { $0 + $1.byteCount(extents) }
  }

  /// Contiguous operands of these extents. Inputs hold numbers in −1 ..< 1 that follow from `seed`, or what else
  /// fits their type, masks 0 or 1 (three in four); what is written is touched, so that no page is fresh when the call
  /// is timed. With `inPlace`, an output that may alias inputs is the first of them.
  public init(
    _ descriptor: OperatorDescriptor, extents: Extents, mode: ExecutionMode, inPlace: Bool = false, seed: UInt64 = 1
  ) throws(TesseraError) {
    var buffers = OperandBuffers()
    var byteCount = 0
    for (index, operand) in descriptor.reads.enumerated() {
      let owner = try AlignedBuffer<UInt8>(uninitializedCount: operand.byteCount(extents))
      let memory = UnsafeMutableRawBufferPointer(owner.elements)
      let operandSeed = seed &+ UInt64(index) << 32
      switch (operand.content, operand.elementType) {
      case (.indices(let extent), _):
        fillIndices(memory.bindMemory(to: Int32.self), below: extents[extent], seed: operandSeed)
      case (.values, .float32): fillUniform(memory.bindMemory(to: Float.self), seed: operandSeed)
      case (.magnitudes, _): fillMagnitudes(memory.bindMemory(to: Float.self), seed: operandSeed)
      case (.values, .uint8): fillMask(owner.elements, seed: operandSeed)
      case (.stored, let type), (.values, let type): fillStored(memory, as: type, seed: operandSeed)
      }
      buffers[operand.name] = memory
      buffers.keepAlive(owner)
      byteCount += owner.count
    }
    for operand in descriptor.writes(in: mode) {
      if inPlace, let input = descriptor.aliasing[operand.name]?.first {
        buffers[operand.name] = buffers[input]
        continue
      }
      let owner = try AlignedBuffer<UInt8>(repeating: 0, count: operand.byteCount(extents))
      buffers[operand.name] = UnsafeMutableRawBufferPointer(owner.elements)
      buffers.keepAlive(owner)
      byteCount += owner.count
    }
    self.buffers = buffers
    self.byteCount = byteCount
  }
}

/// Row numbers from 0 to below `count`; 0 where there are none.
public func fillIndices(_ elements: UnsafeMutableBufferPointer<Int32>, below count: Int, seed: UInt64) {
  // An array of no elements would be the one that all empty arrays share, and its count be written.
  guard !elements.isEmpty else { return }
  let draws = [Float](unsafeUninitializedCapacity: elements.count) { buffer, initialized in
    fillUniform(UnsafeMutableBufferPointer(rebasing: buffer[..<elements.count]), seed: seed)
    initialized = elements.count
  }
  for (index, draw) in draws.enumerated() {
    elements[index] = Int32(min(max(0, count - 1), Int((Double(draw) + 1) / 2 * Double(count))))
  }
}

/// Bytes 0 and 1, three in four of them 1, from the counter-based generator: the same on every machine.
public func fillMask(_ elements: UnsafeMutableBufferPointer<UInt8>, seed: UInt64) {
  let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  for start in stride(from: 0, to: elements.count, by: 8) {
    let draws = Philox4x32.draws(counter: SIMD4(UInt32(start / 8 & 0xFFFF_FFFF), UInt32(start >> 35), 0, 0), key: key)
    for lane in 0..<min(8, elements.count - start) { elements[start + lane] = draws[lane] < 0xC000 ? 1 : 0 }
  }
}

/// Numbers from 0 to 1, those of `fillUniform` without their sign.
public func fillMagnitudes(_ elements: UnsafeMutableBufferPointer<Float>, seed: UInt64) {
  fillUniform(elements, seed: seed)
  for index in elements.indices { elements[index] = elements[index].magnitude }
}

/// Numbers in −1 ..< 1 from the counter-based generator: the same on every machine.
public func fillUniform(_ elements: UnsafeMutableBufferPointer<Float>, seed: UInt64) {
  let key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  for start in stride(from: 0, to: elements.count, by: 4) {
    let block = UInt64(start / 4)
    let words = Philox4x32.words(
      counter: SIMD4(UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32), 0, 0), key: key)
    for lane in 0..<min(4, elements.count - start) {
      // 24 bits: every value is a float exactly.
      elements[start + lane] = Float(words[lane] >> 8) * 0x1p-23 - 1
    }
  }
}
