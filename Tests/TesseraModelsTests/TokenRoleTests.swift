import Testing
import TesseraModels

/// Ends of generation, and kinds that follow from how tokens read, are llama.cpp's.
@Suite struct TokenRoleTests {
  @Test func rolesAreLlamaCpps() throws {
    let cases = LlamaFixture.roles.cases
    #expect(cases.count >= 100)
    for (index, example) in cases.enumerated() {
      var vocabulary = TokenizerVocabulary(pieces: example.tokens, scores: nil, kinds: example.kinds)
      vocabulary.endToken = example.keys["eos_token_id"]
      vocabulary.turnEndToken = example.keys["eot_token_id"]
      vocabulary.messageEndToken = example.keys["eom_token_id"]
      for role in FillTokenRole.allCases { vocabulary.fillTokens[role] = example.keys[role.rawValue] }
      vocabulary.fillTokens[.prefix] = example.keys["prefix_token_id"] ?? vocabulary.fillTokens[.prefix]
      let tokenizer = try Tokenizer(vocabulary)
      #expect(tokenizer.generationEndTokens == example.ends, "case \(index): \(example)")
      let kinds = try example.tokens.indices.map { try tokenizer.kind(of: $0).rawValue }
      #expect(kinds == example.kept, "case \(index): \(example)")
    }
  }
}
