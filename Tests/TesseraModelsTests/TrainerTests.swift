import Foundation
import Tessera
import TesseraModels
import Testing

/// The loop: it learns, and whatever interrupts it changes no bit.
@Suite struct TrainerTests {
  static let sizes = DecoderConfiguration(
    layers: 2, width: 32, feedForwardWidth: 64, queryHeads: 4, keyValueHeads: 2, vocabularySize: 256, contextLength: 32)
  static let sentence = "the cat sat on the mat and the dog sat on the log; "
  private static let text = TrainingText(bytes: String(repeating: sentence, count: 8).utf8)

  private static func options(steps: Int) -> TrainingOptions {
    var options = TrainingOptions()
    (options.steps, options.sequences, options.length) = (steps, 4, 24)
    (options.warmUpSteps, options.learningRate) = (5, 1e-2)
    return options
  }

  static func trainer(
    steps: Int = 8, threads: Int = 2, tied: Bool = true, text: TrainingText = text
  ) throws -> Trainer {
    try Trainer(
      sizes, tiesEmbedding: tied, on: text, options: options(steps: steps),
      context: ExecutionContext(pool: try WorkerPool(threadCount: threads)))
  }

  /// Runs a test in a folder of its own.
  static func withFolder(_ body: (String) throws -> Void) throws {
    let folder = URL(filePath: NSTemporaryDirectory()).appending(path: "tessera-training-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  @Test(arguments: [true, false]) func theLossFalls(tied: Bool) throws {
    let trainer = try Self.trainer(steps: 200, tied: tied)
    var losses: [Float] = []
    while trainer.step < 200 { losses.append(try trainer.advance().loss) }
    // What guessing among all bytes costs, ln 256.
    #expect(abs(losses[0] - 5.545) < 0.1)
    // How often letters come costs about 2.6: it has learned which come after which.
    #expect(losses.suffix(10).reduce(0, +) / 10 < 1.5, "\(losses.suffix(10))")
  }

  @Test func bitsAreTheSameForAnyNumberOfThreads() throws {
    func bits(threads: Int) throws -> [UInt32] {
      let trainer = try Self.trainer(threads: threads)
      var losses: [UInt32] = []
      while trainer.step < 8 { losses.append(try trainer.advance().loss.bitPattern) }
      return losses + trainer.decoder.values.bits
    }
    let expected = try bits(threads: 1)
    for threads in [2, 3, 8] { #expect(try bits(threads: threads) == expected, "\(threads) threads") }
  }

  @Test func resumingGivesTheSameBits() throws {
    try Self.withFolder { folder in
      let whole = try Self.trainer()
      #expect(!Trainer.canResume(from: folder))
      var losses: [Float] = []
      while whole.step < 8 {
        losses.append(try whole.advance().loss)
        if whole.step == 3 { try whole.save(to: folder) }
      }
      let resumed = try Self.trainer(threads: 1)
      #expect(Trainer.canResume(from: folder))
      try resumed.resume(from: folder)
      #expect(resumed.step == 3)
      for step in 3..<8 { #expect(try resumed.advance().loss == losses[step]) }
      #expect(resumed.decoder.values.bits == whole.decoder.values.bits)
    }
  }

  @Test func anotherTrainingIsNotResumed() throws {
    try Self.withFolder { folder in
      try Self.trainer().save(to: folder)
      func refuse(_ subject: String, _ trainer: Trainer) {
        let before = trainer.decoder.values.bits
        let error = #expect(throws: ModelFileError.self) { try trainer.resume(from: folder) }
        #expect(error?.subject.contains(subject) == true, "\(String(describing: error))")
        #expect(trainer.decoder.values.bits == before)
      }
      refuse("training.steps", try Self.trainer(steps: 9))
      refuse("training.text", try Self.trainer(text: TrainingText(bytes: String(repeating: "x", count: 64).utf8)))
      refuse("tie_word_embeddings", try Self.trainer(tied: false))
    }
  }

  /// A step that the training does not reach would end it, or leave no number for the next one.
  @Test(arguments: ["9", "x"]) func aStepOutOfRangeIsRefused(step: String) throws {
    try Self.withFolder { folder in
      let (trainer, path) = (try Self.trainer(), folder + "/" + Trainer.stateName)
      try trainer.save(to: folder)
      var bytes = try Data(contentsOf: URL(filePath: path))
      let place = try #require(bytes.range(of: Data(#""training.step":"0""#.utf8)))
      // Of the same length, so that the header's stays.
      bytes.replaceSubrange(place, with: Data(#""training.step":"\#(step)""#.utf8))
      try bytes.write(to: URL(filePath: path))
      #expect(throws: ModelFileError.self) { try trainer.resume(from: folder) }
      #expect(trainer.step == 0)
    }
  }

  /// A step would divide by their roots.
  @Test(arguments: [-1, .infinity, .nan] as [Float]) func momentsOfNoSquaresAreRefused(value: Float) throws {
    try Self.withFolder { folder in
      let path = folder + "/" + Trainer.stateName
      try Self.trainer().save(to: folder)
      let name = "second_moment.model.norm.weight"
      let place = try SafetensorsFile(path: path).tensor(named: name).byteRange.lowerBound + 8
      var bytes = try Data(contentsOf: URL(filePath: path))
      bytes.replaceSubrange(place..<place + 4, with: withUnsafeBytes(of: value.bitPattern.littleEndian) { Data($0) })
      try bytes.write(to: URL(filePath: path))
      let trainer = try Self.trainer()
      let before = trainer.decoder.values.bits
      _ = try trainer.advance()
      let after = trainer.decoder.values.bits
      #expect(before != after)
      let error = #expect(throws: ModelFileError.self) { try trainer.resume(from: folder) }
      #expect(error?.subject == "tensor \"\(name)\": value", "\(String(describing: error))")
      #expect(error?.actual.hasSuffix(" at 2") == true, "\(String(describing: error))")
      #expect(trainer.step == 1 && trainer.decoder.values.bits == after)
    }
  }

  /// Gradients that are not numbers end a training with the step's name, and leave it as it was.
  @Test func aStepThatIsNotFiniteIsRefused() throws {
    let trainer = try Self.trainer()
    let values = trainer.decoder.values.elements
    values.update(repeating: -.nan)
    let error = #expect(throws: TesseraError.self) { _ = try trainer.advance() }
    #expect(String(describing: error).contains("step 1") && trainer.step == 0)
    #expect(String(describing: error).contains("got loss nan,") && !String(describing: error).contains("-nan"))
    #expect(!trainer.isFinite)
  }

  /// Steps so long that weights are finite, and products of them are not.
  @Test func theStepBeforeAFailureIsSaved() throws {
    try Self.withFolder { folder in
      var options = Self.options(steps: 8)
      (options.learningRate, options.warmUpSteps) = (1e15, 1)
      func trainer() throws -> Trainer { try Trainer(Self.sizes, on: Self.text, options: options) }
      let failing = try trainer()
      _ = try failing.advance()
      let bits = failing.decoder.values.bits
      let error = #expect(throws: TesseraError.self) { _ = try failing.advance() }
      #expect(String(describing: error).contains("step 2") && failing.step == 1 && failing.isFinite)
      try failing.save(to: folder)
      let resumed = try trainer()
      try resumed.resume(from: folder)
      #expect(resumed.step == 1 && resumed.decoder.values.bits == bits)
    }
  }

  /// A file that was cut short is not taken for a checkpoint, and what was there stays until the new one is whole.
  @Test func halfACheckpointIsNone() throws {
    try Self.withFolder { folder in
      let (trainer, path) = (try Self.trainer(), folder + "/" + Trainer.stateName)
      _ = try trainer.advance()
      try trainer.save(to: folder)
      let whole = try Data(contentsOf: URL(filePath: path))
      // Where an interrupted run left its temporary file.
      try whole.prefix(whole.count / 2).write(to: URL(filePath: path + ".partial"))
      try Self.trainer().resume(from: folder)
      _ = try trainer.advance()
      try trainer.save(to: folder)
      #expect(!FileManager.default.fileExists(atPath: path + ".partial"))
      try whole.prefix(whole.count / 2).write(to: URL(filePath: path))
      let other = try Self.trainer()
      #expect(throws: ModelFileError.self) { try other.resume(from: folder) }
      #expect(throws: ModelFileError.self) { try trainer.save(to: folder + "/none") }
    }
  }

  @Test func theLearningRateRisesAndFalls() {
    var options = TrainingOptions()
    (options.steps, options.warmUpSteps) = (100, 10)
    (options.learningRate, options.leastLearningRate) = (1, 0.1)
    #expect(options.learningRate(ofStep: 0) == 0.1 && options.learningRate(ofStep: 9) == 1)
    #expect(options.learningRate(ofStep: 10) == 1)
    #expect(abs(options.learningRate(ofStep: 55) - 0.55) < 1e-12)
    #expect(abs(options.learningRate(ofStep: 100) - 0.1) < 1e-12 && options.learningRate(ofStep: 1000) < 0.1 + 1e-12)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    #expect(throws: TesseraError.self) { _ = try Self.trainer(text: TrainingText(ids: [0, 1])) }
    #expect(throws: TesseraError.self) {
      _ = try Self.trainer(text: TrainingText(ids: [Int32](repeating: 256, count: 99)))
    }
    #expect(throws: TesseraError.self) { _ = try Self.trainer(steps: -1) }
  }
}
