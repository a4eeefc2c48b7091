import Tessera
import Testing

/// Every public call of products with something on their results has the bits of the parts.
///
/// Both forms of weights are written out, and panels made before: Swift 6.3.1's optimiser stops on spans that are used
/// in two branches, or beside a throwing argument.
@Suite struct FusedLinearDoorTests {
  private let context = ExecutionContext(
    pool: try! WorkerPool(threadCount: 2), instructionSet: .best, fastMemoryBytes: 1 << 20)
  private static let rows = 40
  private static let columns = 96
  private static let depth = 70
  private let input = MatrixLayout(rows: rows, columns: depth)
  private let weight = MatrixLayout(rows: columns, columns: depth)
  private let result = MatrixLayout(rows: rows, columns: columns)
  private let x = numbers(rows * depth, seed: 1)
  private let w = numbers(columns * depth, seed: 2)
  private let residual = numbers(rows * columns, seed: 3)
  private let bias = numbers(columns, seed: 4)
  private let norm = numbers(columns, seed: 5)
  private let shift = numbers(columns, seed: 6)
  private let dropout = try! Dropout(probability: 0.25, seed: 7)

  private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var numbers = [Float](repeating: 0, count: count)
    numbers.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed) }
    return numbers
  }

  private var zeros: [Float] { [Float](repeating: 0, count: Self.rows * Self.columns) }

  private func packed() throws -> PackedWeights { try PackedWeights(w.span, weight, context: context) }

  private func product() throws -> [Float] {
    var output = zeros
    try LinearPlan(input: input, weight: weight, context: context).run(
      x.span, weight: w.span, output: output.mutableSpan)
    return output
  }

  @Test func residualDoors() throws {
    let panels = try packed()
    var expected = zeros
    let product = try product()
    try addResidual(product.span, result, residual: residual.span, output: expected.mutableSpan, context: context)
    var (first, second, third, fourth) = (zeros, zeros, residual, residual)
    let plan = try LinearResidualPlan(input: input, weight: weight, context: context)
    let ofPacked = try LinearResidualPlan(input: input, weight: weight, isPacked: true, context: context)
    try plan.run(x.span, weight: w.span, residual: residual.span, output: first.mutableSpan)
    try ofPacked.run(x.span, weight: panels, residual: residual.span, output: second.mutableSpan)
    try plan.run(x.span, weight: w.span, ontoResidual: third.mutableSpan)
    try ofPacked.run(x.span, weight: panels, ontoResidual: fourth.mutableSpan)
    for output in [first, second, third, fourth] { #expect(output == expected) }
  }

  @Test func dropoutAndResidualDoors() throws {
    let panels = try packed()
    var expected = zeros
    let product = try product()
    try BiasDropoutResidualPlan(input: result, dropout: dropout, mode: .training, context: context)
      .run(product.span, bias: bias.span, residual: residual.span, output: expected.mutableSpan)
    var (first, second, third, fourth) = (zeros, zeros, residual, residual)
    func plan(packed: Bool) throws -> LinearBiasDropoutResidualPlan {
      try LinearBiasDropoutResidualPlan(
        input: input, weight: weight, isPacked: packed, dropout: dropout, mode: .training, context: context)
    }
    let (own, ofPacked) = (try plan(packed: false), try plan(packed: true))
    try own.run(x.span, weight: w.span, bias: bias.span, residual: residual.span, output: first.mutableSpan)
    try ofPacked.run(x.span, weight: panels, bias: bias.span, residual: residual.span, output: second.mutableSpan)
    try own.run(x.span, weight: w.span, bias: bias.span, ontoResidual: third.mutableSpan)
    try ofPacked.run(x.span, weight: panels, bias: bias.span, ontoResidual: fourth.mutableSpan)
    for output in [first, second, third, fourth] { #expect(output == expected) }
    #expect(own.savedTensors.dropout == dropout)
  }

  @Test func activationDoors() throws {
    let panels = try packed()
    var expected = zeros
    let product = try product()
    try BiasActivationDropoutPlan(.gelu, input: result, dropout: dropout, mode: .training, context: context)
      .run(product.span, bias: bias.span, output: expected.mutableSpan)
    do {
      let isPacked = false
      let plan = try LinearBiasActivationDropoutPlan(
        .gelu, input: input, weight: weight, isPacked: isPacked, dropout: dropout, mode: .training, context: context)
      let kept = try AlignedBuffer<Float>(uninitializedCount: product.count)
      var output = zeros
      try plan.run(x.span, weight: w.span, bias: bias.span, output: output.mutableSpan, keeping: kept)
      #expect(output == expected && Array(kept.elements) == product)
    }
    do {
      let isPacked = true
      let plan = try LinearBiasActivationDropoutPlan(
        .gelu, input: input, weight: weight, isPacked: isPacked, dropout: dropout, mode: .training, context: context)
      let kept = try AlignedBuffer<Float>(uninitializedCount: product.count)
      var output = zeros
      try plan.run(x.span, weight: panels, bias: bias.span, output: output.mutableSpan, keeping: kept)
      #expect(output == expected && Array(kept.elements) == product)
    }
  }

  @Test func layerNormDoors() throws {
    let panels = try packed()
    let product = try product()
    var (output, sum) = (zeros, zeros)
    try BiasDropoutResidualLayerNormPlan(
      input: result, returnedSum: result, dropout: nil, mode: .inference, context: context
    ).run(
      product.span, bias: bias.span, residual: residual.span, weight: norm.span, shift: shift.span,
      output: output.mutableSpan, sum: sum.mutableSpan)
    do {
      let isPacked = false
      func plan(_ returned: MatrixLayout?, _ mode: ExecutionMode) throws -> LinearBiasDropoutResidualLayerNormPlan {
        try LinearBiasDropoutResidualLayerNormPlan(
          input: input, weight: weight, isPacked: isPacked, returnedSum: returned, dropout: nil, mode: mode,
          context: context)
      }
      var (first, second, third, returned, onto) = (zeros, zeros, zeros, zeros, residual)
      let kept = try BiasDropoutResidualLayerNormSavedTensors(rows: Self.rows, columns: Self.columns)
      try plan(nil, .training).run(
        x.span, weight: w.span, bias: bias.span, residual: residual.span, normWeight: norm.span,
        normShift: shift.span, output: first.mutableSpan, keeping: kept)
      try plan(result, .inference).run(
        x.span, weight: w.span, bias: bias.span, residual: residual.span, normWeight: norm.span,
        normShift: shift.span, output: second.mutableSpan, sum: returned.mutableSpan)
      try plan(result, .inference).run(
        x.span, weight: w.span, bias: bias.span, addingTo: onto.mutableSpan, normWeight: norm.span,
        normShift: shift.span, output: third.mutableSpan)
      #expect(first == output && second == output && third == output)
      #expect(returned == sum && onto == sum && Array(kept.sum.elements) == sum)
    }
    do {
      let isPacked = true
      func plan(_ returned: MatrixLayout?, _ mode: ExecutionMode) throws -> LinearBiasDropoutResidualLayerNormPlan {
        try LinearBiasDropoutResidualLayerNormPlan(
          input: input, weight: weight, isPacked: isPacked, returnedSum: returned, dropout: nil, mode: mode,
          context: context)
      }
      var (first, second, third, returned, onto) = (zeros, zeros, zeros, zeros, residual)
      let kept = try BiasDropoutResidualLayerNormSavedTensors(rows: Self.rows, columns: Self.columns)
      try plan(nil, .training).run(
        x.span, weight: panels, bias: bias.span, residual: residual.span, normWeight: norm.span,
        normShift: shift.span, output: first.mutableSpan, keeping: kept)
      try plan(result, .inference).run(
        x.span, weight: panels, bias: bias.span, residual: residual.span, normWeight: norm.span,
        normShift: shift.span, output: second.mutableSpan, sum: returned.mutableSpan)
      try plan(result, .inference).run(
        x.span, weight: panels, bias: bias.span, addingTo: onto.mutableSpan, normWeight: norm.span,
        normShift: shift.span, output: third.mutableSpan)
      #expect(first == output && second == output && third == output)
      #expect(returned == sum && onto == sum && Array(kept.sum.elements) == sum)
    }
  }

  @Test func rmsNormDoors() throws {
    let panels = try packed()
    let product = try product()
    var (output, sum) = (zeros, zeros)
    try BiasDropoutResidualRMSNormPlan(
      input: result, returnedSum: result, hasBias: false, dropout: nil, mode: .inference, context: context
    ).run(
      product.span, bias: nil, residual: residual.span, weight: norm.span, output: output.mutableSpan,
      sum: sum.mutableSpan)
    do {
      let isPacked = false
      func plan(_ returned: MatrixLayout?, _ mode: ExecutionMode) throws -> LinearBiasDropoutResidualRMSNormPlan {
        try LinearBiasDropoutResidualRMSNormPlan(
          input: input, weight: weight, isPacked: isPacked, returnedSum: returned, hasBias: false, dropout: nil,
          mode: mode, context: context)
      }
      var (first, second, third, returned, onto) = (zeros, zeros, zeros, zeros, residual)
      let kept = try BiasDropoutResidualRMSNormSavedTensors(rows: Self.rows, columns: Self.columns)
      try plan(nil, .training).run(
        x.span, weight: w.span, bias: nil, residual: residual.span, normWeight: norm.span,
        output: first.mutableSpan, keeping: kept)
      try plan(result, .inference).run(
        x.span, weight: w.span, bias: nil, residual: residual.span, normWeight: norm.span,
        output: second.mutableSpan, sum: returned.mutableSpan)
      try plan(result, .inference).run(
        x.span, weight: w.span, bias: nil, addingTo: onto.mutableSpan, normWeight: norm.span,
        output: third.mutableSpan)
      #expect(first == output && second == output && third == output)
      #expect(returned == sum && onto == sum && Array(kept.sum.elements) == sum)
    }
    do {
      let isPacked = true
      func plan(_ returned: MatrixLayout?, _ mode: ExecutionMode) throws -> LinearBiasDropoutResidualRMSNormPlan {
        try LinearBiasDropoutResidualRMSNormPlan(
          input: input, weight: weight, isPacked: isPacked, returnedSum: returned, hasBias: false, dropout: nil,
          mode: mode, context: context)
      }
      var (first, second, third, returned, onto) = (zeros, zeros, zeros, zeros, residual)
      let kept = try BiasDropoutResidualRMSNormSavedTensors(rows: Self.rows, columns: Self.columns)
      try plan(nil, .training).run(
        x.span, weight: panels, bias: nil, residual: residual.span, normWeight: norm.span,
        output: first.mutableSpan, keeping: kept)
      try plan(result, .inference).run(
        x.span, weight: panels, bias: nil, residual: residual.span, normWeight: norm.span,
        output: second.mutableSpan, sum: returned.mutableSpan)
      try plan(result, .inference).run(
        x.span, weight: panels, bias: nil, addingTo: onto.mutableSpan, normWeight: norm.span,
        output: third.mutableSpan)
      #expect(first == output && second == output && third == output)
      #expect(returned == sum && onto == sum && Array(kept.sum.elements) == sum)
    }
  }

  @Test func gatedDoors() throws {
    let panels = try packed()
    var (gate, up) = (try product(), zeros)
    let other = Self.numbers(Self.columns * Self.depth, seed: 9)
    try LinearPlan(input: input, weight: weight, context: context).run(
      x.span, weight: other.span, output: up.mutableSpan)
    let kept = (gate, up)
    try GatedActivationPlan(.silu, gate: result, context: context).run(inPlace: gate.mutableSpan, up: up.span)
    do {
      let isPacked = false
      let plan = try LinearGatedActivationPlan(
        .silu, input: input, weight: weight, isPacked: isPacked, mode: .training, context: context)
      let saved = try LinearGatedActivationSavedTensors(rows: Self.rows, columns: Self.columns)
      var output = zeros
      try plan.run(x.span, gateWeight: w.span, upWeight: other.span, output: output.mutableSpan, keeping: saved)
      #expect(output == gate && Array(saved.gate.elements) == kept.0 && Array(saved.up.elements) == kept.1)
    }
    do {
      let isPacked = true
      let plan = try LinearGatedActivationPlan(
        .silu, input: input, weight: weight, isPacked: isPacked, mode: .training, context: context)
      let saved = try LinearGatedActivationSavedTensors(rows: Self.rows, columns: Self.columns)
      var output = zeros
      let others = try PackedWeights(other.span, weight, context: context)
      try plan.run(
        x.span, gateWeight: panels, upWeight: others, output: output.mutableSpan, keeping: saved)
      #expect(output == gate && Array(saved.gate.elements) == kept.0 && Array(saved.up.elements) == kept.1)
    }
  }
}
