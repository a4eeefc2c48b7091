import Foundation
import Tessera
import TesseraReport
import Testing

/// The sequences, run.
@Suite struct SequenceTests {
  private let layer: LayerTable
  private let memory: LayerMemory

  init() throws {
    layer = LayerTable(try tinyProblem())
    memory = try LayerMemory(layer)
  }

  /// Makes every result NaN first, so that nothing is taken over from a run before.
  private func run(_ sequence: LayerSequence) throws {
    for tensor in layer.tensors where tensor.content == .result || tensor.content == .intermediate {
      _ = memory[tensor.name].initializeMemory(as: UInt8.self, repeating: 0xFF)
    }
    try PreparedSequence(sequence, on: memory, context: context()).run()
  }

  private func largestDifference(_ left: [Float], _ right: [Float]) -> Float {
    zip(left, right).reduce(0) { $1.0.isFinite && $1.1.isFinite ? max($0, abs($1.0 - $1.1)) : .infinity }
  }

  @Test(arguments: allFusions) func fusedAndUnfusedAgree(fusion: LayerFusion) throws {
    try run(layer.unfused)
    let tensors = ["gamma", "layer-norm-1", "residual-1", "residual-2", LayerTable.outputTensor]
    let unfused = tensors.map { memory.floats($0) }
    try run(try layer.sequence(fusion))
    for (tensor, expected) in zip(tensors, unfused) {
      // A few thousand roundings of numbers near 1, at 2^-24 each.
      #expect(largestDifference(memory.floats(tensor), expected) < 1e-5, "\(tensor)")
    }
    // What is compared is not all zeros.
    #expect(unfused.last!.contains { abs($0) > 1 })
  }

  /// AIB and BRD round as their rows do: the same inputs give the same bits.
  @Test(arguments: LayerAttention.allCases) func fusedElementwiseKernelsHaveTheirRowsBits(
    attention: LayerAttention
  ) throws {
    for step in try layer.fused(attention).steps where ["AIB", "BRD"].contains(step.label) {
      try run(layer.unfused)
      let output = step.rows.last!
      let unfused = memory.floats(output)
      #expect(unfused.contains { $0 != 0 })
      _ = memory[output].initializeMemory(as: UInt8.self, repeating: 0xFF)
      let alone = LayerSequence.fused(
        layer.rows.filter { step.rows.contains($0.id) }, by: [step], .paper(attention))
      try PreparedSequence(alone, on: memory, context: context()).run()
      #expect(memory.floats(output) == unfused, "\(step.label!)")
    }
  }

  @Test func fusedAndUnfusedDropTheSameElements() throws {
    try run(layer.unfused)
    let mask = Array(memory["out-dropout-mask"])
    let dropout = try Dropout(probability: layer.problem.dropout, seed: layer.problem.seed, offset: 1)
    let columns = layer.problem.hidden
    let expected = (0..<mask.count).map { dropout.keeps(row: $0 / columns, column: $0 % columns) }
    #expect(mask.map { $0 == 1 } == expected)
    try run(layer.fused(.materialised))
    // Where the element was dropped nothing was added to the residual; where it was kept something was.
    let (sum, residual) = (memory.floats("residual-1"), memory.floats("x"))
    #expect(zip(sum, residual).map { $0 != $1 } == expected)
  }

  @Test func theFourDropoutsDiffer() throws {
    try run(layer.unfused)
    let masks = ["softmax-mask", "out-dropout-mask", "ffn-dropout-mask", "out2-dropout-mask"].map {
      Array(memory[$0].prefix(2048))
    }
    #expect(Set(masks).count == 4)
    for mask in masks {
      let kept = mask.reduce(0) { $0 + Int($1) }
      // 2048 draws that keep 3 in 4: five deviations of 19.6.
      #expect(abs(kept - 1536) < 98)
    }
  }

  @Test func resultsStayFiniteAtTheEdges() throws {
    for dropout in [0.0, 1.0] {
      let layer = LayerTable(
        try LayerProblem(
          batch: 3, length: 1, hidden: 6, heads: 3, feedforward: 5, dropout: dropout))
      let memory = try LayerMemory(layer)
      for sequence in try [layer.unfused, layer.fused(.tiled), layer.fused(.materialised), layer.full()] {
        try PreparedSequence(sequence, on: memory, context: context()).run()
        #expect(memory.floats(LayerTable.outputTensor).allSatisfy { $0.isFinite })
      }
    }
  }

  @Test(arguments: allFusions) func everyRunIsTheSame(fusion: LayerFusion) throws {
    let fused = try layer.sequence(fusion)
    try run(fused)
    let first = memory.floats(LayerTable.outputTensor)
    let again = try LayerMemory(layer)
    try PreparedSequence(fused, on: again, context: context(threads: 1)).run()
    #expect(again.floats(LayerTable.outputTensor) == first)
  }

  /// What rides on the products rounds as the paper's kernels do after the library's own linear maps.
  @Test func fullFusionHasThePapersBits() throws {
    try run(layer.fused(.tiled))
    let tensors = ["input-bias", "gamma", "residual-1", "layer-norm-1", "ffn-dropout", "residual-2", "layer-norm-2"]
    var expected = tensors.map { memory.floats($0) }
    expected[0] = headsFirst(expected[0])
    for tensor in tensors { _ = memory[tensor].initializeMemory(as: UInt8.self, repeating: 0xFF) }
    try run(layer.full())
    for (tensor, floats) in zip(tensors, expected) { #expect(memory.floats(tensor) == floats, "\(tensor)") }
  }

  /// Queries, keys and values of token rows, [B, L, 3, H, P], as full fusion has them: [3, B, H, L, P].
  private func headsFirst(_ rows: [Float]) -> [Float] {
    let problem = layer.problem
    return rows.indices.map { index in
      let (row, element) = index.quotientAndRemainder(dividingBy: problem.headWidth)
      let (plane, token) = row.quotientAndRemainder(dividingBy: problem.length)
      let (part, sequenceAndHead) = plane.quotientAndRemainder(dividingBy: problem.planes)
      let (sequence, head) = sequenceAndHead.quotientAndRemainder(dividingBy: problem.heads)
      let place = ((sequence * problem.length + token) * 3 + part) * problem.heads + head
      return rows[place * problem.headWidth + element]
    }
  }

  @Test func stagedSoftmaxKeepsWhatTheRowsKeep() throws {
    try run(layer.unfused)
    let tensors = ["probabilities", "softmax"]
    let unfused = tensors.map { memory.floats($0) }
    try run(layer.fused(.materialised))
    for (tensor, expected) in zip(tensors, unfused) {
      #expect(largestDifference(memory.floats(tensor), expected) < 1e-6, "\(tensor)")
    }
    // The same elements are dropped.
    #expect(zip(memory.floats("softmax"), unfused[1]).allSatisfy { ($0 == 0) == ($1 == 0) })
  }

  @Test func tiledAttentionKeepsLogSumExps() throws {
    try run(layer.unfused)
    let scores = memory.floats("scaled-scores")
    let length = layer.problem.length
    let expected = stride(from: 0, to: scores.count, by: length).map { row in
      Float(log(scores[row..<row + length].reduce(0.0) { $0 + exp(Double($1)) }))
    }
    try run(layer.fused(.tiled))
    #expect(largestDifference(memory.floats("log-sum-exp"), expected) < 1e-5)
  }
}
