import Tessera

/// Memory for every tensor of a layer, allocated and touched once; every run of every sequence uses the same.
///
/// Sequences share results by name, so that what one writes the other overwrites and both find the same memory.
public final class LayerMemory {
  private var owners: [String: AlignedBuffer<UInt8>] = [:]

  /// Given tensors hold numbers that follow from the problem's seed and from their place in the list.
  public init(_ layer: LayerTable) throws(TesseraError) {
    for (index, tensor) in layer.tensors.enumerated() {
      let owner = try AlignedBuffer<UInt8>(repeating: 0, count: tensor.byteCount)
      owners[tensor.name] = owner
      guard case .fixed(let centre, let reach) = tensor.content else { continue }
      let elements = UnsafeMutableRawBufferPointer(owner.elements).bindMemory(to: Float.self)
      // The dropouts draw under the seed itself; bits above the offsets' keep these numbers apart from theirs.
      fillUniform(elements, seed: layer.problem.seed ^ UInt64(index + 1) << 48)
      for element in elements.indices { elements[element] = centre + reach * elements[element] }
    }
  }

  /// The memory of a tensor of the layer, by its name.
  public subscript(name: String) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(owners[name]!.elements)
  }

  /// A float tensor's contents as they are now.
  public func floats(_ name: String) -> [Float] { Array(self[name].bindMemory(to: Float.self)) }

  /// The operands of a call, by the names that its descriptor gives them.
  func operands(of call: OperatorCall) -> OperandBuffers {
    var buffers = OperandBuffers()
    for (operand, tensor) in call.tensors {
      buffers[operand] = self[tensor]
      buffers.keepAlive(owners[tensor]!)
    }
    return buffers
  }
}
