import Foundation
import Testing

/// What the command says to options that do not go together, before it measures anything.
@Suite struct ReportCommandTests {
  @Test(arguments: [
    ("--pass decode", "--pass decode: expected --model FILE with it"),
    ("--pass prefill", "--pass prefill: expected --model FILE with it"),
    ("--model MODEL --pass forward", "--model: expected --pass prefill or decode with it, got forward"),
    ("--model MODEL --pass decode --batch 8 --layer", "--batch, --layer: expected none with --model"),
    (
      "--model MODEL --pass decode --length 1 --hidden 1 --heads 1 --feedforward 1 --dropout 0 --attention tiled "
        + "--seed 1 --peer F --sweep tokens",
      "--length, --hidden, --heads, --feedforward, --dropout, --seed, --attention, --peer, --sweep: expected none"
    ),
    ("--context 5", "--context needs --model"),
    ("--model MODEL --pass both", "--model: expected --pass prefill or decode with it, got both"),
    ("--pass both --sweep tokens", "--pass both: expected forward with --sweep"),
    ("--pass backward --peer F", "--peer: expected --pass forward or both with it, got backward"),
    ("--pass both --configuration F", "--configuration: expected --pass forward with it, got both"),
    ("--layer-activation gelu", "Error: --layer-activation needs --layer"),
    ("--pass both --recomputes-activated", "Error: --recomputes-activated needs --layer"),
    (
      "--layer --layer-activation gelu --recomputes-activated",
      "--recomputes-activated: expected --pass backward or both with it, got forward"
    ),
    (
      "--layer --pass both --recomputes-activated",
      "--recomputes-activated: expected --layer-activation gelu, gelu-tanh or silu with it, got relu"
    ),
    (
      "--layer --pass backward --layer-activation relu --recomputes-activated",
      "--recomputes-activated: expected --layer-activation gelu, gelu-tanh or silu with it, got relu"
    ),
    ("--sweep tokens --layer-activation silu", "--layer-activation: expected none with --sweep"),
    ("--sweep tokens --recomputes-activated", "--recomputes-activated: expected none with --sweep"),
    (
      "--model MODEL --layer-activation silu --recomputes-activated",
      "--layer-activation, --recomputes-activated: expected none with --model"
    ),
    ("--model MODEL --pass prefill --context 0", "--context: expected 1 to 40, as the model has 40 positions, got 0"),
    ("--model MODEL --pass decode --context 40", "--context: expected 0 to 39, as the model has 40 positions, got 40"),
    ("--model MODEL --pass decode --context -4", "--context: expected 0 to 39, as the model has 40 positions, got -4"),
    ("--model MODEL --pass decode --runs 0", "--runs: expected 1 or more, got 0"),
    ("--model /there/is/none --pass decode", "/there/is/none: file: expected a file that can be opened"),
    ("--model /dev/null --pass decode", "/dev/null: file: expected a regular file"),
  ]) func refuses(_ options: String, _ message: String) throws {
    let run = try TinyModel.withFile { try CommandRun("report " + options.replacing("MODEL", with: $0)) }
    #expect(run.error.contains(message), "\(run.error)")
    // What a file or its size says is not the command line's fault alone, but an option's value all the same.
    #expect(run.status == (message.contains("file: expected") ? 1 : 64) && run.output.isEmpty)
    if run.status == 64 { #expect(run.error.contains("\nUsage: tessera report "), "\(run.error)") }
  }

  /// A model without a pass is timed as it decodes, and one of few positions at its last.
  @Test func aModelIsTimedAsItDecodes() throws {
    for (options, context) in [("--context 8", 8), ("", 39)] {
      let run = try TinyModel.withFile { try CommandRun("report --model \($0) \(options) --runs 1 --format json") }
      #expect(run.status == 0 && run.output.contains("\"decode\""), "\(run.error)")
      #expect(run.output.contains("\"context\" : \(context),"), "\(run.output)")
    }
  }

  /// Whatever a command has measured: that it is lost is an error, and no crash.
  @Test(arguments: ["docs", "bench relu --rows 1 --columns 1 --warm --runs 1"])
  func tellsThatStandardOutputIsFull(_ arguments: String) throws {
    let run = try CommandRun(arguments, standardOutput: "/dev/full")
    #expect(run.status == 1)
    #expect(run.error == "Error: standard output cannot be written: No space left on device\n")
  }
}
