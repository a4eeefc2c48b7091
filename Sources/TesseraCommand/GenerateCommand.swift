import ArgumentParser
import Foundation
import Tessera
import TesseraModels
import TesseraReport

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Go on after a prompt with a model from a GGUF file, or one that was trained here.",
    discussion: """
      A prompt is a turn of a chat where the file has a chat template, and else text as it is (--raw). Several prompts \
      are generated side by side and printed one after the other. Without --temperature the likeliest token is taken. \
      Text goes to standard output, figures to standard error, or with --stats json to standard output alone. Ctrl-C \
      ends the texts as they are; figures are of what there is then, and the exit status is 130.
      """)

  enum CacheChoice: String, ExpressibleByArgument, CaseIterable { case contiguous, none }

  @Option(
    help: ArgumentHelp(
      "A GGUF file, of a split model the first; or one that tessera train wrote, or the folder that it wrote to.",
      valueName: "file"),
    completion: .file())
  var model: String
  @Argument(help: "Prompts; - is all of standard input, without a line break at its end.")
  var prompts: [String]
  @Flag(help: "Prompts are text to go on with, not turns of a chat.")
  var raw = false
  @Option(help: "What the system says first in a chat; else what the template has.")
  var system: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("Tokens to generate at most.", valueName: "count"))
  var tokens: Int = 256
  @OptionGroup(title: "Sampling") var sampling: SamplingArguments
  @Option(help: ArgumentHelp("Text that ends a sequence; may be given again.", valueName: "text"))
  var stop: [String] = []
  @Option(help: "contiguous, or none: all keys and values are computed anew for every token.")
  var kvCache: CacheChoice = .contiguous
  @Option(help: "How keys and values are stored: f32 or bf16.")
  var kvType: CacheType = .f32
  @Option(help: "Print figures as text or json.")
  var stats: PlainFormat?
  @OptionGroup var options: ContextOptions

  /// A fault of the file's template, which is none of the command line.
  private struct TemplateFailure: Error, CustomStringConvertible {
    let fault: String
    var description: String { "\(fault); --raw goes on with the prompt as it is" }
  }

  /// A prompt of so many tokens is read at once.
  private static let longPrompt = 512

  func validate() throws {
    guard tokens >= 0 else { throw ValidationError("--tokens: expected 0 or more, got \(tokens)") }
    guard !prompts.isEmpty else { throw ValidationError("expected a prompt") }
    guard prompts.count(where: { $0 == "-" }) <= 1 else {
      throw ValidationError("-: expected at most once, as there is one standard input")
    }
    guard !stop.contains("") else { throw ValidationError("--stop: expected text, got none") }
    guard system == nil || !raw else { throw ValidationError("--system: expected none with --raw") }
  }

  func run() throws {
    let start = ContinuousClock.now
    // Before the seconds that a large model takes.
    let prompts = try prompts.map { $0 == "-" ? try StandardInput.all() : $0 }
    let context = try options.context(ledger: stats == nil ? nil : Ledger(timesCalls: true))
    let file = try TextModelFile(path: model)
    let tokenizer = try Tokenizer(file.vocabulary())
    let ids = try encode(prompts, file, tokenizer)
    let decoderModel = try file.decoder()
    // Room for the longest prompt and what follows; more would only be memory that is never touched.
    let (longest, overflow) = (ids.map(\.count).max() ?? 0).addingReportingOverflow(tokens)
    let decoder = try TransformerDecoder(
      decoderModel,
      cacheShape: decoderModel.cacheShape(
        sequences: ids.count, capacity: min(overflow ? .max : longest, decoderModel.configuration.contextLength),
        type: kvType.stored),
      context: context)
    var generation = GenerationOptions(maximumTokens: tokens, sampling: sampling.options)
    generation.stopStrings = stop
    generation.usesCache = kvCache == .contiguous
    let generator = try TextGenerator(decoder, tokenizer, options: generation, context: context)
    let loading = ContinuousClock.now - start
    Interruption.expect()
    let texts = try generate(generator, prompts, ids)
    let isInterrupted = texts.contains { $0.end == .interrupted }
    if let stats {
      let measurement = try MachineMeasurement.brief(pool: context.pool)
      measurement.sample(rounds: 3)
      let figures = GenerationFigures(
        generator, prompts: ids, texts, loadingSeconds: loading / .seconds(1), measurement.peaks)
      switch stats {
      case .text: FileHandle.standardError.write(Data(figures.text.utf8))
      case .json: try StandardOutput.write(try json(figures) + "\n")
      }
    }
    if texts.contains(where: { $0.end == .contextLimit }) {
      remark("the text ends here because the model's context is full")
    }
    if isInterrupted { throw ExitCode(Interruption.exitStatus) }
  }

  /// One prompt is shown as it comes, several when all are there.
  private func generate(_ generator: TextGenerator, _ prompts: [String], _ ids: [[Int]]) throws -> [GeneratedText] {
    let isShown = stats != .json
    let progress = ProgressLine(onTerminalOnly: true)
    // Whatever ends it.
    defer { progress.end() }
    let texts = try generator.generate(
      after: ids,
      showing: { _, text in
        progress.end()
        if isShown, ids.count == 1 { try StandardOutput.write(text) }
      },
      reading: { prompt, count in
        guard ids[prompt].count > Self.longPrompt else { return }
        progress.show(
          "generate: prompt\(ids.count == 1 ? "" : " \(prompt + 1)"): \(count) of "
            + "\(counted(ids[prompt].count, "token")) read")
      }, isInterrupted: { Interruption.isRequested })
    progress.end()
    guard isShown else { return texts }
    if ids.count == 1 {
      try StandardOutput.write("\n")
    } else {
      for (prompt, text) in zip(prompts, texts) { try StandardOutput.write("> \(prompt)\n\(text.text)\n\n") }
    }
    return texts
  }

  private func encode(_ prompts: [String], _ file: TextModelFile, _ tokenizer: Tokenizer) throws -> [[Int]] {
    let template: ChatTemplate?
    do {
      template = raw ? nil : try file.chatTemplate()
    } catch {
      throw TemplateFailure(fault: "\(error)")
    }
    guard let template else {
      guard system == nil else { throw ValidationError("--system: expected a chat, which the file has not") }
      if !raw {
        remark("the file has no chat template: prompts are text to go on with, as with --raw")
      }
      let options = EncodingOptions(marksBegin: true, dropsUnknownBytes: true)
      return try prompts.map { try tokenizer.encode($0, options) }
    }
    return try prompts.map { prompt in
      let messages =
        (system.map { [ChatMessage(role: "system", content: $0)] } ?? []) + [.init(role: "user", content: prompt)]
      do {
        return try template.encode(messages, with: tokenizer, dropsUnknownBytes: true)
      } catch {
        throw TemplateFailure(fault: "\(error)")
      }
    }
  }
}
