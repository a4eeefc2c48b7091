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
    #expect(vocabulary.kinds == nil && vocabulary.preTokenizer == "default" && vocabulary.addsBeginToken == nil)
    #expect((vocabulary.beginToken, vocabulary.endToken, vocabulary.turnEndToken) == (nil, nil, nil))
    let error = try #require(throws: ModelFileError.self) { try TokenizerVocabulary(Self.metadata()) }
    #expect("\(error)".contains("tokenizer.ggml.tokens") && "\(error)".contains("no such key"))
  }

  @Test func anotherModelIsNamed() throws {
    let error = try #require(throws: ModelFileError.self) {
      try TokenizerVocabulary(Self.metadata(Self.appendTokens, model: "bert"))
    }
    for word in ["made.gguf", "tokenizer.ggml.model", "gpt2", "llama", "\"bert\""] {
      #expect("\(error)".contains(word))
    }
  }

  @Test func sentencePieces() throws {
    let vocabulary = try TokenizerVocabulary(
      Self.metadata(
        {
          $0.append("tokenizer.ggml.tokens", strings: ["<unk>", "<s>", "</s>", "\u{2581}", "a"].map { Array($0.utf8) })
          $0.append("tokenizer.ggml.scores", numbers: [0, 0, 0, -1, -2])
          $0.append("tokenizer.ggml.token_type", numbers: [2, 3, 3, 1, 1])
          $0.append("tokenizer.ggml.add_space_prefix", bool: false)
          $0.append("tokenizer.ggml.eom_token_id", number: 3)
          $0.append("tokenizer.ggml.fim_pad_token_id", number: 4)
          $0.append("tokenizer.ggml.fim_pre_token_id", number: 1)
          $0.append("tokenizer.ggml.prefix_token_id", number: 2)
          $0.append("general.name", string: "Phi-3 mini")
        }, model: "llama"))
    #expect(vocabulary.model == .sentencePieces && vocabulary.scores == [0, 0, 0, -1, -2])
    #expect(vocabulary.addsSpacePrefix == false && vocabulary.trimsAfterSpecialTokens)
    #expect(vocabulary.messageEndToken == 3 && vocabulary.fillTokens == [.padding: 4, .prefix: 2])
    let tokenizer = try Tokenizer(vocabulary)
    #expect(try tokenizer.encode("a a", EncodingOptions(marksBegin: true)) == [1, 4, 3, 4])
    #expect(tokenizer.generationEndTokens == [2, 3, 4])
  }

  /// Keys that would give other ids.
  @Test(arguments: ["add_eos_token", "remove_extra_whitespaces", "normalizer.lowercase", "precompiled_charsmap"])
  func whatIsNotDone(_ name: String) throws {
    let key = "tokenizer.ggml." + name
    for isWanted in [false, true] {
      let metadata = try Self.metadata {
        Self.appendTokens(&$0)
        if name == "precompiled_charsmap" {
          $0.append(key, numbers: isWanted ? [1, 2] : [])
        } else {
          $0.append(key, bool: isWanted)
        }
      }
      guard isWanted else {
        #expect(throws: Never.self) { try TokenizerVocabulary(metadata) }
        continue
      }
      let error = try #require(throws: ModelFileError.self) { try TokenizerVocabulary(metadata) }
      #expect("\(error)".contains("made.gguf") && "\(error)".contains(key), "\(error)")
    }
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
    for word in ["made.gguf", key, "\"include\" at line 2, column 4"] {
      #expect("\(error)".contains(word), "\(error)")
    }
  }

  /// Files whose templates have ChatML's markers but are not ChatML: no line breaks, contents cut, a turn's end that
  /// only some turns have.
  @Test(arguments: [
    (
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '<|im_sep|>' + m.content + '<|im_end|>' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}",
      "<|im_start|>user<|im_sep|> Hi \n<|im_end|><|im_start|>assistant<|im_sep|>"
    ),
    (
      "{% for m in messages %}<|im_start|>{{ m.role | upper }}: {{ m.content | trim }}<|im_end|>\n{% endfor %}"
        + "{% if add_generation_prompt %}<|im_start|>ASSISTANT:{% endif %}",
      "<|im_start|>USER: Hi<|im_end|>\n<|im_start|>ASSISTANT:"
    ),
    (
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
        + "{% if m.role == 'assistant' %}<|im_end|>{% endif %}\n{% endfor %}"
        + "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}",
      // The line break behind a block goes.
      "<|im_start|>user\n Hi \n<|im_start|>assistant\n<think>\n"
    ),
  ])
  func markersOfChatMLDoNotMakeIt(_ template: String, _ expected: String) throws {
    let file = try Self.metadata { $0.append("tokenizer.chat_template", string: template) }
    let read = try #require(try ChatTemplate(file))
    #expect(try read.text([ChatMessage(role: "user", content: " Hi \n")]) == expected)
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
