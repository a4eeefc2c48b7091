import Tessera
import Testing

extension FusedLinearGradientTests {
  /// Two matrices of one width as the halves of one.
  private static func rows(of first: [Float], beside second: [Float], width: Int) -> [Float] {
    var rows: [Float] = []
    for start in stride(from: 0, to: first.count, by: max(1, width)) {
      rows.append(contentsOf: first[start..<start + width])
      rows.append(contentsOf: second[start..<start + width])
    }
    return rows
  }

  /// Also in place of two halves of one matrix, and in one call.
  @Test(arguments: shapes, Activation.allCases)
  func ofGatedActivations(shape: GemmTests.Shape, activation: Activation) throws {
    let map = Map(shape)
    let (gate, up) = (SamplingTests.uniform(map.count, seed: 3), SamplingTests.uniform(map.count, seed: 4))
    let depth = shape.depth
    let left = MatrixLayout(rows: shape.rows, columns: depth, rowStride: 2 * depth)
    let right = MatrixLayout(rows: shape.rows, columns: depth, rowStride: 2 * depth, offset: depth)
    let halves = Self.rows(of: gate, beside: up, width: depth)
    for set in InstructionSet.available {
      for context in try Self.contexts(set) {
        let product = try map.ofInput(context)
        var (ofGate, ofUp) = (map.unwritten, map.unwritten)
        try gatedActivationGradient(
          activation, product.span, map.input, gate: gate.span, up: up.span, gateGradient: ofGate.mutableSpan,
          upGradient: ofUp.mutableSpan, context: context)
        var (first, second) = (map.unwritten, map.unwritten)
        let plan = try LinearInputGradientGatedActivationPlan(
          activation, outputGradient: map.outputGradient, weight: map.weight, context: context)
        try plan.run(
          map.dY.span, weight: map.w.span, gate: gate.span, up: up.span, gateGradient: first.mutableSpan,
          upGradient: second.mutableSpan)
        let threads = context.pool.threadCount
        #expect(Self.isSame(first, ofGate) && Self.isSame(second, ofUp), "\(set), \(threads) threads")
        let panels = try map.packed(context)
        let ofPacked = try LinearInputGradientGatedActivationPlan(
          activation, outputGradient: map.outputGradient, weight: map.weight, isPacked: true, context: context)
        (first, second) = (map.unwritten, map.unwritten)
        try ofPacked.run(
          map.dY.span, weight: panels, gate: gate.span, up: up.span, gateGradient: first.mutableSpan,
          upGradient: second.mutableSpan)
        #expect(Self.isSame(first, ofGate) && Self.isSame(second, ofUp), "\(set), \(threads) threads, packed")
        (first, second) = (map.unwritten, map.unwritten)
        try linearInputGradientGatedActivation(
          activation, map.dY.span, map.outputGradient, weight: map.w.span, weightLayout: map.weight, gate: gate.span,
          up: up.span, gateGradient: first.mutableSpan, upGradient: second.mutableSpan, context: context)
        #expect(Self.isSame(first, ofGate) && Self.isSame(second, ofUp), "\(set), in one call")
        // A layout's offset is there without rows, too.
        guard shape.rows > 0 else { continue }
        var both = halves
        let inPlace = try LinearInputGradientGatedActivationPlan(
          activation, outputGradient: map.outputGradient, weight: map.weight, gate: left, up: right,
          gateGradient: left, upGradient: right, context: context)
        try inPlace.run(map.dY.span, weight: map.w.span, inPlaceOfBoth: both.mutableSpan)
        let expected = Self.rows(of: ofGate, beside: ofUp, width: depth)
        #expect(Self.isSame(both, expected), "\(set), \(threads) threads, in place")
      }
    }
  }
}
