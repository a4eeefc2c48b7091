import Foundation
import Testing

// Like a user of the library: without @testable.
import Tessera
import TesseraModels

/// docs/decoder.md's examples, an answer and a decoder made of blocks, are compiled and run here, and must be the same
/// text there.
@Suite(.enabled(if: ModelUnderTest.isWanted, "\(ModelUnderTest.skipReason)"))
struct DecoderExampleTests {
  @Test func theAnswerRuns() throws {
    let file = try ModelUnderTest.file()
    // begins
    let decoder = try TransformerDecoder(DecoderModel(file))
    let tokenizer = try Tokenizer(TokenizerVocabulary(file.metadata))
    let question = ChatMessage(role: "user", content: "Why is the sky blue?")
    let template = try ChatTemplate(file.metadata)
    let prompt = try template?.encode([question], with: tokenizer) ?? tokenizer.encode(question.content)

    let options = GenerationOptions(maximumTokens: 16)
    let generator = try TextGenerator(decoder, tokenizer, options: options)
    var shown = ""
    let answers = try generator.generate(after: [prompt]) { _, text in shown += text }
    // ends

    #expect(answers[0].tokens.count == 16 && answers[0].end == .maximumTokens)
    #expect(!shown.isEmpty && shown == answers[0].text)
  }

  @Test func theExampleRuns() throws {
    let file = try ModelUnderTest.file()
    // begins
    let model = try DecoderModel(file)
    let tokenizer = try Tokenizer(TokenizerVocabulary(file.metadata))
    var tokens = try tokenizer.encode("The lighthouse keeper opened the door and")

    let shape = model.cacheShape(capacity: 64)
    let cache = try KeyValueCache(shape)
    let vocabulary = MatrixLayout(rows: 1, columns: model.configuration.vocabularySize)
    let greedy = try ArgmaxPlan(input: vocabulary)
    let chosen = try AlignedBuffer<Int32>(uninitializedCount: 1)

    // The prompt at once, then token by token. All passes of single tokens could be one that is kept.
    var new = tokens
    while tokens.count < 20 {
      let pass = try DecoderPass(model, cache: shape, sequences: 1, count: new.count)
      let step = try cache.step([0], adding: new.count)
      try pass.embed(new)
      for layer in 0..<model.configuration.layers {
        try pass.attention(layer: layer, cache: cache, step: step)
        try pass.feedForward(layer: layer)
      }
      cache.advance(step)
      let logits = try pass.logits()
      try chosen.withMutableSpan { try greedy.run(UnsafeBufferPointer(logits).span, output: $0) }
      new = [Int(chosen.elements[0])]
      tokens += new
    }
    let text = String(decoding: try tokenizer.decode(tokens), as: UTF8.self)
    // ends

    let known = DecoderFixture.smollm2.generations[0]
    #expect(tokens == known.promptIds + known.ids.prefix(20 - known.promptIds.count))
    #expect(text.hasPrefix("The lighthouse keeper opened the door and"))
  }

  @Test func thePageShowsIt() throws {
    let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let begins = lines.indices.filter { lines[$0] == "    // begins" }
    let ends = lines.indices.filter { lines[$0] == "    // ends" }
    #expect(begins.count == 2 && ends.count == 2)
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/decoder.md"), encoding: .utf8)
    for (begin, end) in zip(begins, ends) {
      let example = lines[begin + 1..<end].map { String($0.dropFirst(4)) }.joined(separator: "\n")
      #expect(page.contains(example))
      #expect(end - begin - 1 < 60)
    }
  }
}
