import Tessera

/// The element-wise gradients that only the unfused sequence has, each from memory to memory on the context's pool.
struct BaselineElementwise: Sendable {
  private let count: Int
  private let context: ExecutionContext
  private let descriptor: OperatorDescriptor
  private let extents: Extents

  init(_ descriptor: OperatorDescriptor, _ extents: Extents, context: ExecutionContext) {
    count = extents[.rows] * extents[.columns]
    self.context = context
    self.descriptor = descriptor
    self.extents = extents
  }

  /// output[i] = mask[i] ≠ 0 ? gradient[i] · scale : 0
  func runDropout(
    _ gradient: UnsafePointer<Float>, mask: UnsafePointer<UInt8>, scale: Float, output: UnsafeMutablePointer<Float>
  ) {
    forItems { range in
      for index in range {
        // Read whatever the mask says, so that lanes need no branches.
        let scaled = gradient[index] * scale
        output[index] = mask[index] != 0 ? scaled : 0
      }
    }
  }

  /// output[i] = saved[i] > 0 ? gradient[i] : 0
  func runReLU(
    _ gradient: UnsafePointer<Float>, saved: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    forItems { range in
      for index in range {
        let value = gradient[index]
        output[index] = saved[index] > 0 ? value : 0
      }
    }
  }

  @inline(__always)
  private func forItems(_ body: (Range<Int>) -> Void) {
    let itemCount = (count + Self.elementsPerItem - 1) / Self.elementsPerItem
    context.pool.run(itemCount: itemCount) { item, _ in
      let start = item * Self.elementsPerItem
      body(start..<min(count, start + Self.elementsPerItem))
    }
    // Each element is read and written once, in order: D is Q.
    context.ledger?.record(
      descriptor, extents: extents, mode: .training, traffic: descriptor.leastTraffic(extents, mode: .training))
  }

  private static let elementsPerItem = 1 << 15
}
