import ArgumentParser
import Foundation
import Tessera
import TesseraModels
import TesseraReport

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Go on after a prompt with a model from a GGUF file.",
    discussion: """
      A prompt is a turn of a chat where the file has a chat template, and else text as it is (--raw). Several prompts \
      are generated side by side and printed one after the other. Without --temperature the likeliest token is taken. \
      Text goes to standard output, figures to standard error, or with --stats json to standard output alone.
      """)

  enum CacheChoice: String, ExpressibleByArgument, CaseIterable { case contiguous, none }
  enum CacheType: String, ExpressibleByArgument, CaseIterable {
    case f32, bf16
    var stored: ElementType { self == .f32 ? .float32 : .bfloat16 }
  }

  @Option(help: ArgumentHelp("A GGUF file; of a split model the first.", valueName: "file"))
  var model: String
  @Argument(help: "Prompts.")
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

  func validate() throws {
    guard tokens >= 0 else { throw ValidationError("--tokens: expected 0 or more, got \(tokens)") }
    guard !prompts.isEmpty else { throw ValidationError("expected a prompt") }
  }

  func run() throws {
    let start = ContinuousClock.now
    let context = try options.context(ledger: stats == nil ? nil : Ledger(timesCalls: true))
    let file = try GGUFFile(path: model)
    let tokenizer = try Tokenizer(TokenizerVocabulary(file.metadata))
    let ids = try encode(file, tokenizer)
    let decoderModel = try DecoderModel(file)
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
    let texts = try generate(generator, ids)
    guard let stats else { return }
    let measurement = try MachineMeasurement(pool: context.pool)
    measurement.sample()
    let figures = GenerationFigures(
      generator, prompts: ids, texts, loadingSeconds: loading / .seconds(1), measurement.peaks)
    switch stats {
    case .text: FileHandle.standardError.write(Data(figures.text.utf8))
    case .json: try StandardOutput.write(try json(figures) + "\n")
    }
  }

  /// One prompt is shown as it comes, several when all are there.
  private func generate(_ generator: TextGenerator, _ ids: [[Int]]) throws -> [GeneratedText] {
    let isShown = stats != .json
    let texts = try generator.generate(after: ids) { _, text in
      if isShown, ids.count == 1 { try StandardOutput.write(text) }
    }
    guard isShown else { return texts }
    if ids.count == 1 {
      try StandardOutput.write("\n")
    } else {
      for (prompt, text) in zip(prompts, texts) { try StandardOutput.write("> \(prompt)\n\(text.text)\n\n") }
    }
    return texts
  }

  private func encode(_ file: GGUFFile, _ tokenizer: Tokenizer) throws -> [[Int]] {
    let template: ChatTemplate?
    do {
      template = raw ? nil : try ChatTemplate(file.metadata)
    } catch {
      throw ValidationError("\(error); --raw goes on with the prompt as it is")
    }
    guard let template else {
      guard system == nil else { throw ValidationError("--system: expected a chat, which --raw or the file has not") }
      if !raw {
        let remark = "tessera: the file has no chat template: prompts are text to go on with, as with --raw\n"
        FileHandle.standardError.write(Data(remark.utf8))
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
        throw ValidationError("\(error); --raw goes on with the prompt as it is")
      }
    }
  }
}
