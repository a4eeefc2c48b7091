import ArgumentParser
import Foundation
import Tessera
import TesseraModels
import TesseraReport

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a small decoder from nothing on the bytes of a text.",
    discussion: """
      The folder gets \(Trainer.modelName), which tessera generate runs, \(Trainer.stateName), from which the same \
      command goes on to the same bits, and the course of the loss as \(Files.table) and, where gnuplot is, \
      \(Files.picture). Ctrl-C ends with a checkpoint of the last step and the exit status 130, a loss that is not \
      finite with one of the step before and the exit status 1.
      """)

  @Option(help: ArgumentHelp("The text, any bytes.", valueName: "file"), completion: .file())
  var text: String
  @Option(help: ArgumentHelp("Where checkpoints go; made where it is not there.", valueName: "folder"))
  var output: String
  @Flag(help: "Begin anew, whatever the folder has.")
  var restart = false
  @Option(parsing: .unconditional, help: ArgumentHelp("Steps between checkpoints.", valueName: "count"))
  var checkpointEvery: Int = 100
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "End after this step of --steps, with a checkpoint, as if interrupted there; 0: with the first values.",
      valueName: "step"))
  var stopAfter: Int?
  @OptionGroup(title: "Training") var training: TrainingArguments
  @OptionGroup(title: "Decoder") var decoder: TrainedDecoderArguments
  @OptionGroup var options: ContextOptions

  private enum Files {
    static let table = "loss.csv"
    static let picture = "loss.svg"
  }

  /// Steps between two lines of progress.
  private static let stepsShown = 10

  /// The step after which this ends.
  private var last: Int { stopAfter ?? training.steps }

  func validate() throws {
    guard checkpointEvery >= 1 else {
      throw ValidationError("--checkpoint-every: expected 1 or more, got \(checkpointEvery)")
    }
    // A step that there is not would be waited for in vain.
    if let stopAfter, stopAfter < 0 || stopAfter > training.steps {
      throw ValidationError("--stop-after: expected 0 to \(training.steps), the steps, got \(stopAfter)")
    }
  }

  func run() throws {
    let context = try options.context()
    let file = try MappedFile(path: self.text)
    let text = withExtendedLifetime(file) { TrainingText(bytes: file.bytes) }
    let trainer = try trainer(of: text, context)
    try makeFolder()
    var curve = TrainingCurve()
    var checkpoint: Int?
    if !restart, Trainer.canResume(from: output) {
      do { try trainer.resume(from: output) } catch {
        throw Conflict(fault: "\(error)")
      }
      let table = try? String(contentsOfFile: path(Files.table), encoding: .utf8)
      curve = TrainingCurve(csv: table ?? "", through: trainer.step)
      checkpoint = trainer.step
      let isDone = trainer.step >= last
      remark("\(isDone ? "already at" : "going on after") step \(trainer.step) of \(trainer.options.steps)")
    }
    let parameters = counted(trainer.decoder.parameters.valueCount, "parameter")
    remark("\(parameters), \(counted(text.ids.count, "token")) of text")
    Interruption.expect()
    try train(trainer, &curve, from: checkpoint)
    draw(curve)
    let loss = curve.points.last.map { "loss \(Number.fixed(Double($0.loss), 4)) at" } ?? "at"
    try StandardOutput.write("\(loss) step \(trainer.step) of \(trainer.options.steps); \(path(Trainer.modelName))\n")
    if trainer.step < last { throw ExitCode(Interruption.exitStatus) }
  }

  private func trainer(of text: TrainingText, _ context: ExecutionContext) throws -> Trainer {
    let options = ["text": "--text", "sequences": "--batch", "length": "--length"]
    do {
      return try namingOptions(options) { () throws(TesseraError) in
        try Trainer(
          decoder.configuration(contextLength: training.options.length), on: text, options: training.options,
          context: context)
      }
    } catch let error as TesseraError {
      guard case .outOfMemory = error else { throw error }
      throw TrainingShortage(fault: "\(error)")
    }
  }

  private func makeFolder() throws {
    do { try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true) } catch {
      // Foundation's own words leave out why.
      let cause = (error as? CocoaError)?.underlying as? POSIXError
      let reason = cause.map { String(cString: strerror($0.code.rawValue)) } ?? error.localizedDescription
      throw ValidationError("--output: expected a folder, or what can be made one, got \"\(output)\": \(reason)")
    }
  }

  /// A checkpoint of something else, which is not overwritten.
  private struct Conflict: Error, CustomStringConvertible {
    let fault: String
    var description: String { "\(fault); --restart begins anew" }
  }

  private func path(_ name: String) -> String { output + "/" + name }

  /// Step by step, until the last is taken, one fails or Ctrl-C is pressed; ends with a checkpoint. `checkpoint`: the
  /// step that the folder's is of. Throws `TrainingFailure` for a step that fails.
  private func train(_ trainer: Trainer, _ curve: inout TrainingCurve, from checkpoint: Int?) throws {
    var checkpoint = checkpoint
    let progress = ProgressLine()
    // Whatever ends it.
    defer { progress.end() }
    let tokens = Double(trainer.options.sequences * trainer.options.length)
    let clock = ContinuousClock()
    while trainer.step < last, !Interruption.isRequested {
      let start = clock.now
      let figures: Trainer.Figures
      do { figures = try trainer.advance() } catch {
        throw failure(error, trainer, curve, checkpoint)
      }
      let seconds = (clock.now - start) / .seconds(1)
      curve.append(figures, tokensPerSecond: tokens / seconds)
      if figures.step == 1 || figures.step % Self.stepsShown == 0 {
        progress.show(
          "train: step \(figures.step) of \(trainer.options.steps), loss \(Number.fixed(Double(figures.loss), 3)), "
            + "\(Number.fixed(tokens / seconds, 0)) tokens/s")
      }
      if figures.step % checkpointEvery == 0, figures.step < last {
        try save(trainer, curve)
        checkpoint = figures.step
      }
    }
    try save(trainer, curve)
  }

  /// A step that fails leaves all as the one before it did: that is written, unless the folder has it or not all of its
  /// weights are finite.
  private func failure(
    _ error: TesseraError, _ trainer: Trainer, _ curve: TrainingCurve, _ checkpoint: Int?
  ) -> TrainingFailure {
    guard trainer.step > checkpoint ?? 0, trainer.isFinite else {
      return TrainingFailure(fault: "\(error)", folder: output, checkpoint: checkpoint)
    }
    do {
      try save(trainer, curve)
      return TrainingFailure(fault: "\(error)", folder: output, checkpoint: trainer.step)
    } catch let unwritten {
      return TrainingFailure(
        fault: "\(error)", folder: output, checkpoint: checkpoint,
        writingFault: "the checkpoint of step \(trainer.step) could not be written: \(unwritten)")
    }
  }

  /// The table first, so that it has every step that the state has.
  private func save(_ trainer: Trainer, _ curve: TrainingCurve) throws {
    try OutputFile(path(Files.table)).write(curve.csv)
    try trainer.save(to: output)
  }

  private func draw(_ curve: TrainingCurve) {
    guard !curve.points.isEmpty else { return }
    do {
      try OutputFile(path(Files.picture)).write(try Gnuplot().draw(curve.picture) + "\n")
    } catch { remark("no picture of the loss: \(error)") }
  }
}
