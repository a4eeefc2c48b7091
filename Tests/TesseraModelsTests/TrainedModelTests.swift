import Foundation
import Tessera
import TesseraModels
import Testing

/// What training writes can be generated from, and is checked when it is read.
@Suite struct TrainedModelTests {
  /// The decoder that reads the file gives the training's own loss.
  @Test(arguments: [true, false]) func theModelCanBeGeneratedFrom(tied: Bool) throws {
    try TrainerTests.withFolder { folder in
      let trainer = try TrainerTests.trainer(steps: 30, tied: tied)
      while trainer.step < 30 { _ = try trainer.advance() }
      try trainer.save(to: folder)
      let file = try TextModelFile(path: folder + "/" + Trainer.modelName)
      let (model, tokenizer) = (try file.decoder(), try Tokenizer(file.vocabulary()))
      #expect(model.configuration == TrainerTests.sizes)
      #expect(try file.chatTemplate() == nil)
      let bytes = [UInt8](TrainerTests.sentence.utf8.prefix(25))
      let tokens = try tokenizer.encode(bytes: bytes)
      #expect(tokens == bytes.map(Int.init))

      let decoder = try TransformerDecoder(model, chunkLength: 7)
      var sum = 0.0
      try decoder.prefill(Array(tokens.dropLast())) { first, logits in
        for row in 0..<logits.count / 256 {
          let line = logits[row * 256..<(row + 1) * 256].map(Double.init)
          let greatest = line.max()!
          sum += greatest + log(line.reduce(0) { $0 + exp($1 - greatest) }) - line[tokens[first + row + 1]]
        }
      }
      let one = try TrainableDecoder(TrainerTests.sizes, tiesEmbedding: tied, sequences: 1, length: 24)
      _ = one.values.elements.update(fromContentsOf: trainer.decoder.values.bits.map { Float(bitPattern: $0) })
      let loss = try one.loss(of: bytes.dropLast().map { Int32($0) }, targets: bytes.dropFirst().map { Int32($0) })
      #expect(abs(Double(loss) - sum / 24) < 1e-4)

      try decoder.reset()
      let generator = try TextGenerator(decoder, tokenizer, options: GenerationOptions(maximumTokens: 5))
      let prompt = try tokenizer.encode("the ")
      #expect(try generator.generate(after: [prompt])[0].tokens.count == 5)
    }
  }

  /// Nothing of a model's file is taken on trust, and nothing is passed over.
  @Test func whatAModelsFileClaimsIsChecked() throws {
    try TrainerTests.withFolder { folder in
      let trainer = try TrainerTests.trainer()
      try trainer.save(to: folder)
      let good = try SafetensorsFile(path: folder + "/" + Trainer.modelName)
      func refuse(_ subject: String, _ change: (inout [String: String], inout [String]) -> Void) throws {
        var texts = [String: String](
          uniqueKeysWithValues: good.metadataKeys.map { ($0, good.metadata(forKey: $0)!) })
        var names = Array(good.tensorNames)
        change(&texts, &names)
        var contents = SafetensorsContents()
        contents.metadata = texts
        let zeros = [Float](repeating: 0, count: 256 * 32)
        let path = folder + "/changed.safetensors"
        try zeros.withUnsafeBufferPointer { zeros in
          for name in names {
            let shape = try? good.tensor(named: name).shape
            contents.append(
              name, shape: shape ?? [1], UnsafeBufferPointer(rebasing: zeros[..<(shape ?? [1]).reduce(1, *)]))
          }
          try contents.write(to: path)
        }
        let error = #expect(throws: (any Error).self) {
          let file = try TextModelFile(path: path)
          _ = try (file.vocabulary(), file.decoder())
        }
        #expect(error.map { "\($0)".contains(subject) } == true, "\(String(describing: error))")
      }
      try refuse("num_hidden_layers") { texts, _ in texts["num_hidden_layers"] = "4096" }
      try refuse("num_hidden_layers") { texts, _ in texts["num_hidden_layers"] = "two" }
      try refuse("hidden_size") { texts, _ in texts["hidden_size"] = nil }
      try refuse("model_type") { texts, _ in texts["model_type"] = "gpt2" }
      try refuse("tessera.tokenizer") { texts, _ in texts["tessera.tokenizer"] = "words" }
      try refuse("shape") { texts, _ in texts["intermediate_size"] = "48" }
      try refuse("model.norm.weight") { _, names in names.removeAll { $0 == "model.norm.weight" } }
      try refuse("other.weight") { _, names in names.append("other.weight") }
    }
  }

  /// A folder stands for the model in it.
  @Test func aFolderIsTheModelInIt() throws {
    try TrainerTests.withFolder { folder in
      let empty = #expect(throws: ModelFileError.self) { _ = try TextModelFile(path: folder) }
      #expect(empty?.file == folder && empty?.actual == "a folder without \(Trainer.modelName)")
      #expect(empty?.expected.contains("GGUF") == true, "\(String(describing: empty))")
      try TrainerTests.trainer().save(to: folder)
      for path in [folder, folder + "/"] {
        guard case .safetensors(let file) = try TextModelFile(path: path) else {
          Issue.record("\(path) is no safetensors file")
          continue
        }
        #expect(file.file.path == folder + "/" + Trainer.modelName)
      }
      #expect(try TextModelFile(path: folder).decoder().configuration == TrainerTests.sizes)
      // What training goes on from is none.
      try FileManager.default.removeItem(atPath: folder + "/" + Trainer.modelName)
      #expect(throws: ModelFileError.self) { _ = try TextModelFile(path: folder) }
    }
  }

  /// The file beside the model has its weights too, and is none.
  @Test func theStateIsNoModel() throws {
    try TrainerTests.withFolder { folder in
      try TrainerTests.trainer().save(to: folder)
      let error = #expect(throws: ModelFileError.self) {
        _ = try TextModelFile(path: folder + "/" + Trainer.stateName)
      }
      #expect(error?.expected.contains(Trainer.modelName) == true, "\(String(describing: error))")
    }
  }
}
