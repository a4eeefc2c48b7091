import Testing

/// What `tessera bench` says to a command line that is wrong by itself, and how it ends then.
@Suite struct BenchCommandTests {
  @Test(arguments: [
    ("nothing --rows 4", "operator: expected a name or label that tessera bench --help lists, got \"nothing\""),
    ("relu --columns 4", "Error: --rows: expected a value, got none"),
    ("attention", "Error: --query-heads, --query-length, --head-dimension: expected a value each, got none"),
    (
      "cache-append --query-length 3",
      "Error: --key-value-heads, --head-dimension: expected a value each, got none"
    ),
    ("relu --rows 4 --columns 4 --runs 0", "Error: --runs: expected 1 or more, got 0"),
    ("relu --rows 4 --columns 4 --mask causal", "Error: --mask: expected none, the operator does not have it"),
    (
      "relu --rows 4 --columns 4 --bias --softcap 2",
      "Error: --bias, --softcap: expected none, the operator does not have it"
    ), ("relu --rows 4 --columns 99999999999999", "Error: --columns: expected 0 or more that fit in memory"),
    ("relu --rows 4000000000 --columns 4000000000", "expected a size that fits in memory"),
    ("BDRLN --rows 4 --columns 4 --dropout 2", "Error: --dropout: expected 0 to 1, got 2.0"),
    (
      "attention --query-heads 3 --key-value-heads 2 --query-length 4 --head-dimension 4",
      "Error: --query-heads: expected a multiple of the 2 key-value heads, got 3"
    ),
    (
      "attention --query-heads 1 --query-length 4 --head-dimension 4 --key-lengths 5",
      "Error: --key-lengths: expected 0 to 4, got 5"
    ),
    (
      "attention --query-heads 1 --query-length 4 --head-dimension 4 --documents 5",
      "Error: --documents: expected at most the 4 keys of sequence 0, got 5"
    ),
    (
      "attention --batch 3 --query-heads 1 --query-length 4 --head-dimension 4 --key-lengths 4,0,1 --documents 2",
      "Error: --documents: expected at most the 1 key of sequence 2, got 2"
    ),
    (
      "attention-gradients --query-heads 1 --head-dimension 4 --packed-lengths 5,3 --documents 4",
      "Error: --documents: expected at most the 3 keys of sequence 1, got 4"
    ),
    (
      "attention --query-heads 1 --query-length 4 --head-dimension 4 --query-lengths 5",
      "Error: --query-lengths: expected 0 to 4, got 5"
    ),
    (
      "attention --query-heads 1 --head-dimension 4 --packed-lengths 5,3 --key-lengths 5",
      "Error: --key-lengths: expected 2, one a sequence, got 1"
    ),
    (
      "attention --query-heads 1 --head-dimension 4 --packed-lengths 5,3 --query-length 4",
      "--packed-lengths needs none of --batch"
    ),
    (
      "attention --query-heads 1 --head-dimension 4 --packed-lengths 5,-3",
      "Error: --packed-lengths: expected 0 or more each, got -3"
    ),
    (
      "softmax --rows 4 --columns 4 --packed-lengths 5,3",
      "Error: --packed-lengths: expected none, the operator does not have it"
    ),
    (
      "softmax --rows 4 --columns 4 --documents 2",
      "Error: --documents: expected none, the operator does not have it"
    ),
    ("attention --query-heads 1 --query-length 4 --head-dimension 4 --apart", "--apart needs --packed-lengths"),
    (
      "attention --query-heads 1 --head-dimension 4 --packed-lengths 5,3 --apart --bias --boolean-mask",
      "Error: --apart: expected no bias and no Boolean mask with it, which are of all sequences together, "
        + "got a bias and a Boolean mask"
    ),
    (
      "attention --query-heads 1 --head-dimension 4 --packed-lengths 5,3 --apart --against materialised",
      "--apart: expected none with --against"
    ),
    (
      "attention-gradients --query-heads 1 --head-dimension 4 --packed-lengths 5,3 --apart --pass both",
      "--pass: expected an operator that has a backward pass: linear, "
    ),
    (
      "attention --query-heads 1 --query-length 4 --head-dimension 4 --mask window:-1,0",
      "'--mask <mask>': expected none, causal or window:LEFT,RIGHT"
    ),
    ("rotary-embedding --rows 3 --columns 8 --rotated-columns 3", "Error: --rotated-columns: expected an even number"),
    ("stored-linear --rows 4 --columns 4 --depth 5 --weight Q8_0", "Error: --depth: expected a multiple of 32"),
    ("attention --against materialised --pairs 0", "--pairs: expected 1 or more, got 0"),
    ("relu --rows 4 --columns 4 --threads 0", "--threads"),
    (
      "attention --query-heads 1 --query-length 4 --head-dimension 4 --broadcast heads",
      "--broadcast needs --bias or --boolean-mask"
    ), ("stored-linear --weight q8", "Q8_0"),
    (
      "rotary-embedding --rows 3 --columns 8 --rotated-columns 30",
      "Error: --rotated-columns: expected at most 8 rotated columns, got 30"
    ),
    (
      "cache-append --key-value-heads 1 --query-length 3 --head-dimension 8 --rotated-columns 30",
      "Error: --rotated-columns: expected at most 8 columns, got 30"
    ),
    ("relu --rows 4 --columns 4 --against openblas", "--against openblas: expected the operator linear, got relu"),
    ("linear --rows 4 --columns 4 --depth 4 --against materialised", "expected the operator attention, got linear"),
    ("linear --against openblas --list /dev/null", "--list needs --against materialised"),
    ("argmax --rows 4 --columns 4 --pass both", "--pass: expected an operator that has a backward pass: linear, "),
    ("argmax --rows 4 --columns 4 --pass backward", "embedding-rows, got argmax"),
    (
      "embedding-rows --rows 4 --columns 32 --vocabulary 8 --weight Q8_0 --pass both",
      "--weight: expected F32 with gradients, got Q8_0"
    ),
    (
      "linear --rows 4 --columns 4 --depth 4 --pass both --mode inference",
      "--pass: expected training with it, got inference"
    ),
    (
      "linear --rows 4 --columns 4 --depth 4 --pass backward --against openblas", "--pass: expected none with --against"
    ),
    (
      "attention --query-heads 1 --query-length 4 --head-dimension 4 --bias --bias-gradient",
      "Error: --bias-gradient: expected --pass backward or both with it, or the operator attention-gradients, "
        + "got attention without --pass"
    ),
    (
      "tiled --query-heads 1 --query-length 4 --head-dimension 4 --bias --bias-gradient --pass forward",
      "attention-gradients, got attention with --pass forward"
    ),
    (
      "attention --query-heads 1 --query-length 4 --head-dimension 4 --bias --bias-gradient --against materialised",
      "attention-gradients, got attention without --pass"
    ),
    (
      "linear-cross-entropy --rows 4 --columns 4 --depth 4 --pass backward",
      "Error: --pass: expected none, as one call of linear-cross-entropy makes the loss and its gradients "
        + "(tessera bench linear-cross-entropy times that call, and with --mode inference the loss alone), got backward"
    ),
  ]) func refuses(_ arguments: String, _ message: String) throws {
    let run = try CommandRun("bench " + arguments)
    #expect(run.error.contains(message), "\(run.error)")
    #expect(run.status == 64 && run.output.isEmpty)
    #expect(run.error.contains("\nUsage: tessera bench "), "\(run.error)")
  }

  /// What is wrong with a file is not the command line's fault, and its path is named.
  @Test(arguments: [
    ("/there/is/none", "got none that can be opened: No such file or directory"), ("/", "got a folder"),
    ("/dev/null", "list: expected shapes below \"L,D,heads,batch,mask\", got nothing at all"),
  ]) func aListThatIsNoneIsNamed(_ path: String, _ message: String) throws {
    let run = try CommandRun("bench attention --against materialised --list \(path)")
    #expect(run.error.hasPrefix("Error: \(path): ") && run.error.contains(message), "\(run.error)")
    #expect(run.status == 1 && run.output.isEmpty && !run.error.contains("Usage: "))
  }

  /// A machine that is too small is not the command line's fault; the options that would help are named.
  @Test(arguments: [
    ("BDRLN --rows 400000 --columns 400000", "--rows 400000, --columns 400000, and with --warm is for one set"),
    ("BDRLN --rows 400000 --columns 400000 --warm", "--rows 400000, --columns 400000\n"),
    (
      "attention --query-heads 1 --query-length 4000000 --head-dimension 4 --against materialised",
      "--query-length 4000000, --key-length 4000000, --head-dimension 4, --value-dimension 4\n"
    ),
    (
      "attention --query-heads 64 --head-dimension 512 --packed-lengths 2000000,2000000 --warm",
      "--packed-lengths, --query-heads 64, --key-value-heads 64, --head-dimension 512, --value-dimension 512\n"
    ),
  ]) func memoryIsShort(_ arguments: String, _ sizes: String) throws {
    let run = try CommandRun("bench \(arguments)")
    #expect(run.error.hasPrefix("Error: could not allocate ") && !run.error.contains("Usage: "), "\(run.error)")
    #expect(run.error.contains(" bytes; the operands' memory follows from \(sizes)"), "\(run.error)")
    #expect(run.status == 1 && run.output.isEmpty)
  }

  /// As many documents as keys are no fault, nor is a sequence without keys. More starts than a line takes are counted.
  @Test(arguments: [
    ("--query-length 4 --documents 4", "document starts [["),
    ("--batch 2 --query-length 4 --key-lengths 0,4 --documents 3", "document starts [["),
    ("--batch 2 --query-length 9 --documents 9", ", 18 document starts\n"),
  ]) func documentsAreCut(_ options: String, _ words: String) throws {
    let run = try CommandRun("bench attention --query-heads 1 --head-dimension 4 \(options) --warm --runs 1")
    #expect(run.status == 0 && run.output.contains(words), "\(run.output) \(run.error)")
  }

  /// Every option that is a sequence's own is cut with it.
  @Test(arguments: [
    ("attention", "attention, 2"), ("attention-gradients", "attention-gradients, 2"),
    ("attention --pass backward", "attention, backward pass, 2"),
  ]) func sequencesAreApart(_ call: String, _ start: String) throws {
    let run = try CommandRun(
      "bench \(call) --query-heads 1 --head-dimension 4 --packed-lengths 5,3 --key-lengths 4,6 --query-offsets 0,2 "
        + "--documents 2 --block-window 0 --slopes --sinks --apart --warm --runs 1")
    #expect(run.status == 0 && run.output.hasPrefix("\(start) sequences apart: "), "\(run.error)")
  }

  /// Where there is a call that computes it.
  @Test(arguments: ["attention-gradients", "attention --pass backward"])
  func theBiasHasAGradient(_ call: String) throws {
    let run = try CommandRun(
      "bench \(call) --query-heads 1 --query-length 4 --head-dimension 4 --bias --bias-gradient --warm --runs 1")
    #expect(run.status == 0 && run.output.contains("bias gradient"), "\(run.error)")
  }
}
