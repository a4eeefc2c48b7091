import Tessera
import Testing

extension FusedLinearGradientTests {
  /// Also in place of two halves of one matrix, and in one call.
  @Test(arguments: shapes, Activation.allCases)
  func ofGatedActivations(shape: GemmTests.Shape, activation: Activation) throws {
    let map = Map(shape)
    let (gate, up) = (SamplingTests.uniform(map.count, seed: 3), SamplingTests.uniform(map.count, seed: 4))
    let depth = shape.depth
    let left = MatrixLayout(rows: shape.rows, columns: depth, rowStride: 2 * depth)
    let right = MatrixLayout(rows: shape.rows, columns: depth, rowStride: 2 * depth, offset: depth)
    var halves: [Float] = []
    for row in 0..<shape.rows {
      halves += gate[row * depth..<(row + 1) * depth] + up[row * depth..<(row + 1) * depth]
    }
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
        var both = halves
        let inPlace = try LinearInputGradientGatedActivationPlan(
          activation, outputGradient: map.outputGradient, weight: map.weight, gate: left, up: right,
          gateGradient: left, upGradient: right, context: context)
        try inPlace.run(map.dY.span, weight: map.w.span, inPlaceOfBoth: both.mutableSpan)
        var expected: [Float] = []
        for row in 0..<shape.rows {
          expected += ofGate[row * depth..<(row + 1) * depth] + ofUp[row * depth..<(row + 1) * depth]
        }
        #expect(Self.isSame(both, expected), "\(set), \(threads) threads, in place")
      }
    }
  }
}
