import ArgumentParser
import Tessera
import TesseraModels
import TesseraReport

/// `tessera report --model FILE`.
struct DecoderOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Measure a layer of this file's decoder instead: GGUF, or what tessera train wrote.", valueName: "file"),
    completion: .file())
  var model: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      With --model: tokens of the prompt (prefill), or in the cache before the one that is timed (decode); else 512, or \
      the most that the model has.
      """))
  var context: Int?

  func validate() throws {
    guard model != nil || context == nil else { throw ValidationError("--context needs --model") }
  }

  /// Throws where the file cannot be read or has fewer positions.
  func problem(_ file: String, _ phase: DecoderPhase) throws -> DecoderProblem {
    let model = try TextModelFile(path: file).decoder()
    return try namingOptions { () throws(TesseraError) in
      try DecoderProblem(model, phase: phase, context: context)
    }
  }
}
