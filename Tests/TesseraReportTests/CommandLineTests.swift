import Foundation
import Tessera
import Testing

/// What subcommands have in common: what they say to a command line that is wrong by itself, and how they end then.
@Suite struct CommandLineTests {
  @Test(arguments: [
    (
      "generate --model /there/is/none Hi --temperature -1",
      "--temperature: expected a finite number, 0 or more, got -1.0"
    ),
    ("generate --model /there/is/none Hi --top-k -1", "--top-k: expected 0 or more, got -1"),
    ("generate --model /there/is/none Hi --top-p 2", "--top-p: expected 0 to 1, got 2.0"),
    (
      "generate --model /there/is/none Hi --repetition-penalty 0",
      "--repetition-penalty: expected a finite number above 0"
    ),
    ("generate --model /there/is/none Hi --tokens -1", "--tokens: expected 0 or more, got -1"),
    ("generate --model /there/is/none Hi --raw --system x", "--system: expected none with --raw"),
    ("generate --model /there/is/none", "<prompts>"),
    ("generate --model /there/is/none - -", "-: expected at most once"),
    ("chat --model /there/is/none --tokens 0", "--tokens: expected 1 or more, got 0"),
    ("chat --model /there/is/none --context 0", "--context: expected 1 or more, got 0"),
    ("chat --model /there/is/none --min-p 3", "--min-p: expected 0 to 1, got 3.0"),
    ("chat", "--model"),
    ("train --text /there/is/none --output /there/is/none --steps -1", "--steps: expected 1 to 1073741824, got -1"),
    ("train --text /there/is/none --output /there/is/none --width 6", "--width: expected a multiple of 2 · heads, 8"),
    ("train --text /there/is/none --output /there/is/none --clip 0", "--clip: expected a number above 0, got 0.0"),
    (
      "train --text /there/is/none --output /there/is/none --weight-decay -1",
      "--weight-decay: expected a finite number, 0 or more, got -1.0"
    ),
    ("train --text /there/is/none --output /there/is/none --heads 0", "--heads: expected 1 to 65536, got 0"),
    (
      "train --text /there/is/none --output /there/is/none --key-value-heads 3",
      "--heads: expected a multiple of the 3 key-value heads, got 4"
    ),
    (
      "train --text /there/is/none --output /there/is/none --width 4096",
      "--width / --heads: expected 2 to 512, got 1024"
    ),
    ("train --output /there/is/none", "--text"),
    ("verify --operator relu --case 999999", "--case: expected 0 to "),
    ("verify --operator relu --case -1", "--case: expected 0 to "),
    ("verify --case 0", "--case needs --operator"), ("verify --isa foo", "--isa: variant \"foo\""),
    ("machine --rounds 0", "--rounds: expected 1 or more, got 0"),
    ("machine --threads 0", "--threads: expected 1 to 1024"),
    ("docs --output /there/is/none", "--output: expected a file that can be written"),
    ("report --output /there/is/none", "--output: expected a file that can be written"),
    ("report --hidden 7", "--hidden: expected a multiple"), ("report --fusion paper,most", "--fusion"),
    ("report --fusion full --attention tiled", "--attention: expected paper in --fusion with it"),
    ("report --fusion paper,unfused", "--fusion: expected unfused alone, or paper, full or both, got paper,unfused"),
    ("report --fusion unfused,full", "--fusion: expected unfused alone, or paper, full or both, got unfused,full"),
    ("tune --hidden 7", "--hidden: expected a multiple"), ("tune --runs 0", "--runs: expected 1 or more, got 0"),
  ]) func aWrongCommandLineIsTheSubcommands(_ arguments: String, _ message: String) throws {
    let run = try CommandRun(arguments)
    let subcommand = arguments.prefix { $0 != " " }
    #expect(run.error.contains(message), "\(run.error)")
    #expect(run.error.contains("\nUsage: tessera \(subcommand) "), "\(run.error)")
    #expect(run.error.contains("See 'tessera \(subcommand) --help'"), "\(run.error)")
    #expect(run.status == 64 && run.output.isEmpty)
  }

  /// Every subcommand that takes an operator.
  @Test func anUnknownOperatorIsCalledTheSame() throws {
    let errors = try ["docs nope", "bench nope --rows 4", "verify --operator nope"].map { arguments in
      let run = try CommandRun(arguments)
      #expect(run.status == 64 && run.output.isEmpty)
      return String(run.error.prefix { $0 != "\n" })
    }
    #expect(Set(errors).count == 1, "\(errors)")
    #expect(
      errors[0] == "Error: operator: expected a name or label that tessera bench --help lists, got \"nope\"")
    let help = try CommandRun("bench --help").output
    for entry in OperatorCatalog.entries { #expect(help.contains(entry.descriptor.name)) }
  }

  /// Names and labels, in any case; at most three, the nearest first and of those that are as near the catalog's first.
  @Test(arguments: [
    ("layernorm", "layer-norm"), ("RMS-nrm", "rms-norm"), ("atention", "attention (TILED)"),
    ("cross-entropy", "linear-cross-entropy"), ("adawm", "adamw"),
    (
      "BDRN",
      "bias-dropout-residual (BDR), bias-dropout-residual-layer-norm (BDRLN), bias-activation-dropout-gradient (BDRB)"
    ),
    (
      "bias-dropout-residual-layernorm",
      "bias-dropout-residual-layer-norm (BDRLN), bias-dropout-residual-rms-norm, "
        + "linear-bias-dropout-residual-layer-norm (L-BDRLN)"
    ),
  ]) func anUnknownOperatorHasNeighbours(_ name: String, _ near: String) throws {
    let run = try CommandRun("docs \(name)")
    #expect(run.error.contains(" --help lists, such as \(near), got \"\(name)\"\n"), "\(run.error)")
    #expect(run.status == 64 && run.output.isEmpty)
  }

  @Test func namesAndLabelsAreKnownInAnyCase() throws {
    for name in ["BDRLN", "bdrln", "bias-dropout-residual-layer-norm"] {
      let run = try CommandRun("docs \(name)")
      #expect(run.status == 0 && run.output.hasPrefix("## bias-dropout-residual-layer-norm\n"), "\(run.error)")
    }
  }

  @Test func theVersionIsTheLibrarys() throws {
    let run = try CommandRun("--version")
    #expect(run.status == 0 && run.output == TesseraVersion.text + "\n")
    #expect(TesseraVersion.text.wholeMatch(of: /\d+\.\d+\.\d+/) != nil)
  }

  @Test func helpIsForEverySubcommand() throws {
    let overview = try CommandRun("--help")
    for name in ["report", "tune", "bench", "verify", "machine", "docs", "generate", "chat", "train"] {
      #expect(overview.output.contains("\n  \(name) "))
      let run = try CommandRun("\(name) --help")
      #expect(run.status == 0 && run.output.contains("USAGE: tessera \(name) ") && run.error.isEmpty)
    }
  }

  /// The script that a shell completes words with knows the subcommands.
  @Test(arguments: ["bash", "zsh", "fish"]) func completionScriptsAreMade(_ shell: String) throws {
    let run = try CommandRun("--generate-completion-script \(shell)")
    #expect(run.status == 0 && run.output.contains("generate") && run.output.contains("chat"))
  }

  @Test func manyThreadsAreWarnedOf() throws {
    func run(threads: Int) throws -> CommandRun {
      try TinyModel.withFile(talks: true) {
        try CommandRun("generate --raw --tokens 2 --model \($0) --threads \(threads) Hi")
      }
    }
    let processors = ProcessorCount.usable
    let many = try run(threads: min(1024, 4 * processors + 1))
    #expect(many.status == 0 && many.error.contains("WARNING: "), "\(many.error)")
    #expect(many.error.contains("threads on \(processors) processor"))
    let few = try run(threads: min(1024, 4 * processors))
    #expect(few.status == 0 && few.error.isEmpty, "\(few.error)")
    #expect(few.output == many.output)
  }
}
