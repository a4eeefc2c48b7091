import Tessera
import TesseraReference

/// The operands of one case in guarded memory, reused by every variant and thread count.
final class CaseMemory {
  /// What the catalog's entries run on.
  let buffers: OperandBuffers
  private let inputs: [PlacedOperand]
  private let outputs: [PlacedOperand]
  /// Inputs that are also an output.
  private let overwritten: Set<String>
  private var values: [String: [Float]] = [:]
  private var snapshots: [String: [UInt8]] = [:]

  /// `request` is the case's, with the run's seed and offset.
  init(
    _ descriptor: OperatorDescriptor, _ verificationCase: VerificationCase, _ request: OperatorRequest, seed: UInt64
  ) throws(TesseraError) {
    var buffers = OperandBuffers()
    var inputs: [PlacedOperand] = []
    for (index, operand) in descriptor.reads.enumerated() {
      let placed = try PlacedOperand(operand, in: verificationCase, filler: .read)
      let columns = verificationCase.rowLength(of: operand)
      values[operand.name] = verificationCase.makeValues(
        count: placed.count, columns: columns, operand: operand, seed: seed &+ UInt64(index) << 40)
      buffers[operand.name] = placed.memory.bytes
      inputs.append(placed)
    }
    var outputs: [PlacedOperand] = []
    var overwritten: Set<String> = []
    for operand in descriptor.writes(in: verificationCase.mode) {
      if let input = verificationCase.inputInPlace(of: operand, of: descriptor) {
        outputs.append(inputs.first { $0.operand.name == input }!.standing(for: operand, in: verificationCase))
        overwritten.insert(input)
      } else {
        outputs.append(try PlacedOperand(operand, in: verificationCase, filler: .written))
      }
      buffers[operand.name] = outputs.last!.memory.bytes
    }
    self.buffers = buffers
    self.inputs = inputs
    self.outputs = outputs
    self.overwritten = overwritten
    settle()
    if let attention = verificationCase.attention {
      verificationCase.attentionValues.settle(&values, problem: attention)
      settle()
    }
    if descriptor.name == OperatorDescriptor.attentionGradients.name {
      takeForward(of: request)
      settle()
    }
    for input in inputs { snapshots[input.operand.name] = input.memory.snapshot }
  }

  /// Where elements share a place their value is the one that stays there.
  private func settle() {
    load()
    for input in inputs { values[input.operand.name] = input.gather() }
  }

  /// What forward makes of the same operands, by the oracle: gradients are a function of it.
  private func takeForward(of request: OperatorRequest) {
    var request = request
    request.attention?.writesLogSumExp = true
    let forward = ReferenceCatalog.operators[OperatorDescriptor.attention.name]!
    let results = forward.float64(ReferenceCall(request, inputs: inputValues))
    for name in ["output", "log-sum-exp"] { values[name] = results[name]!.map { Float($0) } }
  }

  /// The inputs in logical order, stored elements as the numbers that the oracle says they are.
  var inputValues: [String: [Double]] {
    Dictionary(
      uniqueKeysWithValues: inputs.map { input in
        let values = values[input.operand.name]!
        guard input.operand.content == .stored else { return (input.operand.name, values.map { Double($0) }) }
        return (input.operand.name, storedElements(values.map { UInt8($0) }, of: input.operand.elementType))
      })
  }

  private func storedElements(_ bytes: [UInt8], of type: ElementType) -> [Double] {
    stride(from: 0, to: bytes.count, by: type.blockBytes).flatMap { start in
      let block = Array(bytes[start..<start + type.blockBytes])
      return (0..<type.blockElements).map { storedElement($0, of: block, format: type.name) }
    }
  }

  /// NaN everywhere: run on this, a plan leaves NaN in all the scratch that it uses.
  func poison() {
    for operand in inputs + outputs { operand.memory.fill() }
    // A NaN is no row's number and would be refused.
    for input in inputs {
      if case .indices = input.operand.content { input.scatter(values[input.operand.name]!) }
    }
  }

  /// Inputs in their places, filler in all others and in the outputs.
  func load() {
    poison()
    for input in inputs { input.scatter(values[input.operand.name]!) }
  }

  /// The outputs in logical order, by name.
  func results() -> [String: [Float]] {
    Dictionary(uniqueKeysWithValues: outputs.map { ($0.operand.name, $0.gather()) })
  }

  /// What was written that should not have been, in words. Takes the outputs away.
  func damage() -> [String] {
    var damage: [String] = []
    for output in outputs where output.clear() {
      damage.append("\(output.operand.name): an element was not written")
    }
    // Only now, because outputs may lie side by side in one memory.
    for output in outputs {
      if !output.memory.isAllFiller { damage.append("\(output.operand.name): written outside its elements") }
    }
    for input in inputs where !overwritten.contains(input.operand.name) {
      if !input.memory.isUnchanged(since: snapshots[input.operand.name]!) {
        damage.append("\(input.operand.name): an input was written")
      }
    }
    return damage
  }
}

extension VerificationCase {
  fileprivate func makeValues(count: Int, columns: Int, operand: Operand, seed: UInt64) -> [Float] {
    switch operand.content {
    case .stored:
      var bytes = [UInt8](repeating: 0, count: count)
      bytes.withUnsafeMutableBytes { fillStored($0, as: operand.elementType, seed: seed) }
      return bytes.map { Float($0) }
    case .indices(let extent):
      var numbers = [Int32](repeating: 0, count: count)
      numbers.withUnsafeMutableBufferPointer { fillIndices($0, below: request.extents[extent], seed: seed) }
      return numbers.map { Float($0) }
    case .magnitudes:
      var magnitudes = [Float](repeating: 0, count: count)
      magnitudes.withUnsafeMutableBufferPointer { fillMagnitudes($0, seed: seed) }
      return magnitudes
    case .values: break
    }
    return request.attention == nil
      ? values.make(count: count, columns: columns, operand: operand, seed: seed)
      : attentionValues.make(count: count, columns: columns, operand: operand, seed: seed)
  }

  /// Columns of a matrix operand as it is stored, length of a vector.
  func rowLength(of operand: Operand) -> Int {
    if let layout = request.batchedLayouts[operand.name] ?? attentionLayout(of: operand.name) { return layout.columns }
    return operand.shape.extents.last.map { request.extents[$0] } ?? 1
  }
}
