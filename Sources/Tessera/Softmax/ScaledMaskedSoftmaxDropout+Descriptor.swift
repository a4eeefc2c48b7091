extension OperatorDescriptor {
  /// The paper's SM, of attention that stores its scores: scale, mask, softmax and dropout, each tensor crossing memory
  /// once.
  ///
  /// Bytes and FLOPs are those of all scores, also where a mask hides some.
  public static let scaledMaskedSoftmaxDropout = OperatorDescriptor(
    name: "scaled-masked-softmax-dropout", label: "SM", operatorClass: .statisticalNormalization,
    fuses: ["scale", "softmax", "dropout"],
    formula: "output[p][r] = dropout(probabilities[p][r]),  probabilities[p][r] = softmax(mask(scale · input[p][r]))",
    // Scale 1, softmax 4, dropout 1.
    floatingPointOperations: Count(6, .planes, .rows, .columns),
    dropoutDraws: Count(1, .planes, .rows, .columns),
    reads: [Operand("input", .batchedMatrix(.rows, .columns))],
    writes: [
      Operand("output", .batchedMatrix(.rows, .columns)),
      Operand("probabilities", .batchedMatrix(.rows, .columns), keptForBackward: true),
    ], aliasing: ["output": ["input"]], options: [.scale, .mask])
}
