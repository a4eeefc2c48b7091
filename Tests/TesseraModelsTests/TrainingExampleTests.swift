import Foundation
import Testing

// Like a user of the library: without @testable.
import Tessera
import TesseraModels

/// docs/training.md's examples, a training step by step and one by `Trainer`, are compiled and run here, and must be
/// the same text there.
@Suite struct TrainingExampleTests {
  private static let sentence = "the cat sat on the mat and the dog sat on the log; "

  @Test func theLoopRuns() throws {
    let bytes = Array(String(repeating: Self.sentence, count: 6).utf8)
    // begins
    let sizes = DecoderConfiguration(
      layers: 2, width: 32, feedForwardWidth: 96, queryHeads: 4, keyValueHeads: 2, vocabularySize: 256,
      contextLength: 64)
    let (sequences, length) = (4, 32)
    let decoder = try TrainableDecoder(sizes, sequences: sequences, length: length)
    decoder.initialize(seed: 1)

    // All parameters are one row of floats, and so are their gradients and moments.
    let count = decoder.parameters.count
    let row = MatrixLayout(rows: 1, columns: count)
    let (adamW, sumOfSquares) = (try AdamWPlan(parameters: row), try SumOfSquaresPlan(input: row))
    let moments = try (0..<2).map { _ in try AlignedBuffer<Float>(repeating: 0, count: count) }
    let (values, gradients) = (decoder.values.elements, decoder.gradients.elements)
    let (first, second) = (moments[0].elements, moments[1].elements)

    let text = bytes.map { Int32($0) }
    var losses: [Float] = []
    for step in 1...40 {
      // Pieces of the text, and what comes one token later.
      let starts = (0..<sequences).map { (97 * step + 31 * $0) % (text.count - length) }
      let tokens = starts.flatMap { text[$0..<$0 + length] }
      let targets = starts.flatMap { text[$0 + 1...$0 + length] }
      losses.append(try decoder.loss(of: tokens, targets: targets))

      var norm = GradientNorm()
      try norm.add(gradients.span, sumOfSquares)
      let options = AdamWOptions(learningRate: 5e-3, step: step, gradientScale: norm.scale(maximum: 1))
      try adamW.run(
        options, parameters: values.mutableSpan, gradients: gradients.span, firstMoments: first.mutableSpan,
        secondMoments: second.mutableSpan)
    }
    // Buffers, which the loop sees through pointers, live until here.
    withExtendedLifetime((decoder, moments)) {}
    // ends

    #expect(losses[0] > 5.4 && losses.suffix(5).allSatisfy { $0 < 4 }, "\(losses)")
  }

  @Test func theTrainerRuns() throws {
    let folder = URL(filePath: NSTemporaryDirectory()).appending(path: "tessera-example-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (sentence, path) = (String(repeating: Self.sentence, count: 6), folder.path)
    let sizes = DecoderConfiguration(
      layers: 1, width: 32, feedForwardWidth: 64, queryHeads: 4, vocabularySize: 256, contextLength: 64)
    // begins
    var options = TrainingOptions()
    (options.steps, options.sequences, options.length) = (6, 4, 32)
    let trainer = try Trainer(sizes, on: TrainingText(bytes: sentence.utf8), options: options)
    if Trainer.canResume(from: path) { try trainer.resume(from: path) }
    while trainer.step < options.steps {
      let figures = try trainer.advance()
      if figures.step % 3 == 0 { try trainer.save(to: path) }
    }

    let file = try TextModelFile(path: path + "/" + Trainer.modelName)
    let tokenizer = try Tokenizer(file.vocabulary())
    let generator = try TextGenerator(
      TransformerDecoder(file.decoder()), tokenizer, options: GenerationOptions(maximumTokens: 8))
    let answer = try generator.generate(after: [tokenizer.encode("the cat ")])[0]
    // ends

    #expect(trainer.step == 6 && answer.tokens.count == 8)
  }

  @Test func thePageShowsIt() throws {
    let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let begins = lines.indices.filter { lines[$0] == "    // begins" }
    let ends = lines.indices.filter { lines[$0] == "    // ends" }
    #expect(begins.count == 2 && ends.count == 2)
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/training.md"), encoding: .utf8)
    for (begin, end) in zip(begins, ends) {
      let example = lines[begin + 1..<end].map { String($0.dropFirst(4)) }.joined(separator: "\n")
      #expect(page.contains(example))
      #expect(end - begin - 1 < 100)
    }
  }
}
