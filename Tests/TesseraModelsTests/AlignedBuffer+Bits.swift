import Tessera

extension AlignedBuffer<Float> {
  /// The bits of all elements, while the memory is kept alive.
  var bits: [UInt32] {
    let bits = elements.map(\.bitPattern)
    withExtendedLifetime(self) {}
    return bits
  }
}
