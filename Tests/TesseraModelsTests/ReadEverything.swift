import TesseraModels

/// Opens bytes as both formats and asks for all that the file has, with every accessor. What comes back does not
/// matter; that something does is the test. Also the fuzzer's work.
func readEverything(_ bytes: some Collection<UInt8>) {
  let file = MappedFile(copying: bytes, name: "sample")
  if let gguf = try? GGUFFile(file) {
    for key in gguf.metadata.keys { readValue(key, of: gguf.metadata) }
    _ = try? ChatTemplate(gguf.metadata)
    readVocabulary(gguf.metadata)
    for name in gguf.tensorNames { readTensor { () throws(ModelFileError) in try gguf.tensor(named: name) } }
  }
  if let safetensors = try? SafetensorsFile(file) {
    for key in safetensors.metadataKeys { precondition(safetensors.metadata(forKey: key) != nil) }
    for name in safetensors.tensorNames {
      readTensor { () throws(ModelFileError) in try safetensors.tensor(named: name) }
    }
  }
}

private func readValue(_ key: String, of metadata: GGUFMetadata) {
  precondition(metadata.contains(key) && metadata.type(forKey: key) != nil)
  _ = try? metadata.string(forKey: key)
  _ = try? metadata.bool(forKey: key)
  _ = try? metadata.integer(forKey: key)
  _ = try? metadata.unsigned(forKey: key)
  _ = try? metadata.float(forKey: key)
  _ = (try? metadata.strings(forKey: key)).map { $0.reduce(0) { $0 + $1.utf8.count } }
  _ = (try? metadata.integers(forKey: key)).map { $0.reduce(0, ^) }
  _ = (try? metadata.floats(forKey: key)).map { $0.reduce(0, +) }
}

/// A text becomes ids and text again, whatever the vocabulary.
private func readVocabulary(_ metadata: GGUFMetadata) {
  guard let vocabulary = try? TokenizerVocabulary(metadata), let tokenizer = try? Tokenizer(vocabulary) else { return }
  precondition(tokenizer.generationEndTokens.allSatisfy { $0 >= 0 && $0 < tokenizer.count })
  let text = "ab abab  A<u>b</s>\u{2581}1234 \n don't"
  for parses in [false, true] {
    let options = EncodingOptions(parsesControlTokens: parses, marksBegin: true, dropsUnknownBytes: true)
    let ids = try! tokenizer.encode(text, options)
    _ = try! tokenizer.decode(ids)
  }
}

private func readTensor(_ find: () throws(ModelFileError) -> ModelTensor) {
  guard let tensor = try? find() else { return }
  precondition(tensor.byteRange.count == tensor.rows * tensor.rowBytes)
  // Rows of an empty tensor may be many.
  let rows = tensor.byteRange.isEmpty ? min(tensor.rows, 1) : tensor.rows
  var values = [Float](repeating: 0, count: rows * tensor.columns)
  try! tensor.dequantize(rows: 0..<rows, into: values.mutableSpan)
}
