import Tessera

/// Several layers' weights, and activations for as many tokens as a sweep goes up to; running allocates none.
final class SweepLayers {
  private typealias Buffer = AlignedBuffer<Float>

  private let layers: [[Buffer]]
  /// What each map reads; linear 1 reads what out writes and linear 2 what linear 1 writes, as in the layer.
  private let inputs: [Buffer]
  private let outputs: [Buffer]
  private let plans: [Int: [PreparedOperator]]
  private var next = 0

  init(_ problem: SweepProblem, context: ExecutionContext) throws(TesseraError) {
    var (seed, layers) = (UInt64(1), [[Buffer]]())
    func filled(_ count: Int, reach: Float) throws(TesseraError) -> Buffer {
      let buffer = try Buffer(uninitializedCount: count)
      fillUniform(buffer.elements, seed: seed)
      seed += 1
      for index in buffer.elements.indices { buffer.elements[index] *= reach }
      return buffer
    }
    for _ in 0..<problem.layerCount {
      var weights: [Buffer] = []
      for map in problem.maps {
        weights.append(try filled(map.columns * map.depth, reach: (3 / Float(map.depth)).squareRoot()))
      }
      layers.append(weights)
    }
    self.layers = layers
    let most = problem.tokens.last!
    var outputs: [Buffer] = []
    for map in problem.maps { outputs.append(try Buffer(repeating: 0, count: most * map.columns)) }
    self.outputs = outputs
    inputs = [
      try filled(most * problem.hidden, reach: Float(3).squareRoot()),
      try filled(most * problem.hidden, reach: Float(3).squareRoot()), outputs[1], outputs[2],
    ]
    let linear = try OperatorCatalog.entry(named: OperatorDescriptor.linear.name)
    var plans: [Int: [PreparedOperator]] = [:]
    for tokens in problem.tokens {
      for map in problem.maps {
        let request = OperatorRequest(extents: [.rows: tokens, .columns: map.columns, .depth: map.depth])
        plans[tokens, default: []].append(try linear.prepare(request, context: context))
      }
    }
    self.plans = plans
  }

  /// The four maps of the layer whose turn it is; nanoseconds.
  func run(tokens: Int) throws(TesseraError) -> Double {
    let operands = layers[next].indices.map { index in
      var buffers = OperandBuffers()
      buffers["input"] = UnsafeMutableRawBufferPointer(inputs[index].elements)
      buffers["weight"] = UnsafeMutableRawBufferPointer(layers[next][index].elements)
      buffers["output"] = UnsafeMutableRawBufferPointer(outputs[index].elements)
      return buffers
    }
    let plans = plans[tokens]!
    next = (next + 1) % layers.count
    let start = monotonicNanoseconds()
    for index in plans.indices { try plans[index].run(operands[index]) }
    return Double(monotonicNanoseconds() - start)
  }
}
