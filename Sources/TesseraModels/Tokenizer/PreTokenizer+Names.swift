extension PreTokenizer {
  /// Other names that llama.cpp has for a pattern, as far as nothing else of the tokenizer follows from them.
  static let aliases: [String: PreTokenizer] = Dictionary(
    uniqueKeysWithValues: [
      (
        .gpt2,
        [
          "a.x-4.0", "exaone4", "gigachat", "granite-docling", "jais", "jina-de", "jina-es", "mellum", "mpt", "olmo",
          "phi-2", "trillion",
        ]
      ),
      (.smollm, ["codeshell", "command-r", "exaone", "mellum2", "minerva-7b", "refact", "starcoder"]),
      (
        .llama,
        [
          "falcon-h1", "falcon3", "jina-v5-nano", "lfm2", "llama-v3", "llama3", "midm-2.0", "pixtral",
        ]
      ),
      (.smaug, ["chatglm-bpe", "dbrx", "glm4"]),
      (
        .qwen2,
        [
          "deepseek-r1-qwen", "f2llmv2", "grok-2", "hunyuan", "kormo", "megrez", "solar-open", "stablelm2",
        ]
      ),
      (.gpt4o, ["kanana2", "llama4", "minimax-m2", "talkie"]),
      (.deepSeekV3, ["hunyuan-dense", "hy_v4", "joyai-llm"]),
    ].flatMap { (known: PreTokenizer, names: [String]) in names.map { ($0, known) } })

  /// All names that are known, aliases last.
  static var names: [String] { allCases.map(\.rawValue) + aliases.keys.sorted() }
}
