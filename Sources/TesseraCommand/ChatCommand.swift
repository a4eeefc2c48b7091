import ArgumentParser
import Foundation
import Tessera
import TesseraModels

struct ChatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: "Talk with a model from a GGUF file.",
    discussion: """
      What was said stays in the key-value cache, so that only what is new is read. A line is a question, or a \
      command: \(ChatLine.commands). Ctrl-C ends an answer; before one it clears the line, and again leaves. Where \
      standard input is no terminal its lines are read as they are.
      """)

  @Option(help: ArgumentHelp("A GGUF file with a chat template.", valueName: "file"), completion: .file())
  var model: String
  @Option(help: "What the system says first; else what the template has.")
  var system: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("Tokens of an answer at most.", valueName: "count"))
  var tokens: Int = 1024
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Tokens of the whole conversation at most; else the model's, but no more than \(usualContext).",
      valueName: "count"))
  var context: Int?
  @OptionGroup(title: "Sampling") var sampling: SamplingArguments
  @Option(help: "How keys and values are stored: f32 or bf16.")
  var kvType: CacheType = .f32
  @OptionGroup var options: ContextOptions

  /// The cache's memory grows with it: this many tokens of a model of eight billion parameters take about a gigabyte.
  private static let usualContext = 8192

  func validate() throws {
    guard tokens >= 1 else { throw ValidationError("--tokens: expected 1 or more, got \(tokens)") }
    if let context, context < 1 { throw ValidationError("--context: expected 1 or more, got \(context)") }
  }

  func run() throws {
    let execution = try options.context()
    let file = try TextModelFile(path: model)
    let tokenizer = try Tokenizer(file.vocabulary())
    guard let template = try file.chatTemplate() else {
      throw NoTemplate(file: self.model)
    }
    let model = try file.decoder()
    let positions = try positions(of: model)
    let decoder = try TransformerDecoder(
      model, cacheShape: model.cacheShape(capacity: positions, type: kvType.stored), context: execution)
    let generation = GenerationOptions(maximumTokens: tokens, sampling: sampling.options)
    let conversation = try Conversation(
      decoder, tokenizer, template, system: system, options: generation, positions: positions, context: execution)
    try ChatLoop(conversation).run()
  }

  private struct NoTemplate: Error, CustomStringConvertible {
    let file: String
    var description: String {
      "\(file): tokenizer.chat_template: expected a chat template, got none; tessera generate goes on with text"
    }
  }

  private func positions(of model: DecoderModel) throws -> Int {
    let most = model.configuration.contextLength
    guard context ?? 1 <= most else {
      throw ValidationError("--context: expected 1 to \(most), as the model has \(most) positions, got \(context!)")
    }
    return context ?? min(most, Self.usualContext)
  }
}
