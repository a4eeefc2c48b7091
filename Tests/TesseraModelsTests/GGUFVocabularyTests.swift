import Testing
import TesseraModels

/// A vocabulary and a chat template from a file's metadata.
@Suite struct GGUFVocabularyTests {
  static let tokens = ["a", "b", "ab", "Ġ", "Ċ", "<|im_start|>", "<|im_end|>", "<|end|>"]

  static func metadata(_ change: (inout GGUFBytes) -> Void = { _ in }, model: String = "gpt2") throws -> GGUFMetadata {
    var file = GGUFBytes()
    file.append("tokenizer.ggml.model", string: model)
    file.append("tokenizer.ggml.merges", strings: [Array("a b".utf8)])
    change(&file)
    return try GGUFFile(MappedFile(copying: file.bytes, name: "made.gguf")).metadata
  }

  static func appendTokens(_ file: inout GGUFBytes) {
    file.append("tokenizer.ggml.tokens", strings: tokens.map { Array($0.utf8) })
  }

  @Test func allKeys() throws {
    let metadata = try Self.metadata {
      Self.appendTokens(&$0)
      $0.append("tokenizer.ggml.token_type", numbers: [1, 1, 1, 1, 1, 3, 3, 3])
      $0.append("tokenizer.ggml.pre", string: "smollm")
      $0.append("tokenizer.ggml.bos_token_id", number: 5)
      $0.append("tokenizer.ggml.eos_token_id", number: 7)
      $0.append("tokenizer.ggml.eot_token_id", number: 4)
      $0.append("tokenizer.ggml.add_bos_token", bool: true)
    }
    let vocabulary = try TokenizerVocabulary(metadata)
    #expect(Array(vocabulary.tokens) == Self.tokens)
    #expect(Array(vocabulary.merges) == ["a b"])
    #expect(vocabulary.kinds == [1, 1, 1, 1, 1, 3, 3, 3])
    #expect(vocabulary.preTokenizer == "smollm")
    #expect((vocabulary.beginToken, vocabulary.endToken, vocabulary.turnEndToken) == (5, 7, 4))
    #expect(vocabulary.addsBeginToken == true)
    let tokenizer = try Tokenizer(vocabulary)
    #expect(try tokenizer.encode("ab ba", EncodingOptions(marksBegin: true)) == [5, 2, 3, 1, 0])
    #expect(tokenizer.generationEndTokens == [4, 6, 7])
  }

  @Test func missingKeys() throws {
    let vocabulary = try TokenizerVocabulary(Self.metadata(Self.appendTokens))
    #expect(vocabulary.kinds == nil && vocabulary.preTokenizer == "gpt-2" && vocabulary.addsBeginToken == nil)
    #expect((vocabulary.beginToken, vocabulary.endToken, vocabulary.turnEndToken) == (nil, nil, nil))
    let error = try #require(throws: ModelFileError.self) { try TokenizerVocabulary(Self.metadata()) }
    #expect("\(error)".contains("tokenizer.ggml.tokens") && "\(error)".contains("no such key"))
    // As text, the spelling of ChatML's end is no end.
    let asText = try Self.metadata {
      $0.append("tokenizer.ggml.tokens", strings: Self.tokens.map { Array($0.utf8) })
      $0.append("tokenizer.ggml.token_type", numbers: [1, 1, 1, 1, 1, 1, 1, 1])
    }
    #expect(try Tokenizer(TokenizerVocabulary(asText)).generationEndTokens == [])
  }

  @Test func anotherModelIsNamed() throws {
    let error = try #require(throws: ModelFileError.self) {
      try TokenizerVocabulary(Self.metadata(Self.appendTokens, model: "llama"))
    }
    for word in ["made.gguf", "tokenizer.ggml.model", "gpt2", "\"llama\""] { #expect("\(error)".contains(word)) }
  }

  /// Also two strings that are UTF-8 only together.
  @Test(arguments: [[[97], [0xFF], [98]], [[97], [0xC3], [0xA9]], [[97], [0xC3], [98]]] as [[[UInt8]]])
  func stringsThatAreNotUTF8(_ strings: [[UInt8]]) throws {
    let error = try #require(throws: ModelFileError.self) {
      try TokenizerVocabulary(Self.metadata { $0.append("tokenizer.ggml.tokens", strings: strings) })
    }
    #expect("\(error)".contains("tokenizer.ggml.tokens\": string 1: expected UTF-8"), "\(error)")
  }

  @Test func chatTemplates() throws {
    let key = "tokenizer.chat_template"
    #expect(try ChatTemplate(Self.metadata()) == nil)
    let known = try Self.metadata { $0.append(key, string: ChatTemplateTests.smollm2) }
    #expect(try ChatTemplate(known) == ChatTemplate(ChatTemplateTests.smollm2))
    let error = try #require(throws: ModelFileError.self) {
      try ChatTemplate(Self.metadata { $0.append(key, string: "[INST]\n{% include 'x' %}") })
    }
    for word in ["made.gguf", key, "\"include\" at line 2, column 4", "raw prompt"] {
      #expect("\(error)".contains(word), "\(error)")
    }
  }
}

/// It is a collection as an array is.
@Suite struct SpellingListTests {
  @Test func editsAreAnArrays() {
    var list: SpellingList = ["a", "", "é", "e\u{301}"]
    var array = Array(list)
    #expect(array == ["a", "", "é", "e\u{301}"] && list[2].utf8.elementsEqual("é".utf8))
    func both(_ edit: (inout any RangeReplaceableCollection<String>) -> Void) {
      var first: any RangeReplaceableCollection<String> = list
      var second: any RangeReplaceableCollection<String> = array
      edit(&first)
      edit(&second)
      (list, array) = (first as! SpellingList, second as! [String])
      #expect(Array(list) == array)
    }
    both { $0.append("four") }
    both { $0.removeFirst() }
    list[1] = "long enough for the heap"
    array[1] = "long enough for the heap"
    #expect(Array(list) == array && list.count == 4)
    list.replaceSubrange(1..<3, with: ["x", "y", "z"])
    array.replaceSubrange(1..<3, with: ["x", "y", "z"])
    #expect(Array(list) == array)
    list.removeAll()
    #expect(list.isEmpty && list == [])
  }
}
