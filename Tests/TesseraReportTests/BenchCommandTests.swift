import Testing

/// What `tessera bench` says to a command line that is wrong by itself, and how it ends then.
@Suite struct BenchCommandTests {
  @Test(arguments: [
    ("nothing --rows 4", "nothing"), ("relu --columns 4", "rows: expected a value, got none"),
    ("relu --rows 4 --columns 4 --runs 0", "runs: expected 1 or more, got 0"),
    ("relu --rows 4 --columns 4 --mask causal", "attention's options"),
    ("attention --against materialised --pairs 0", "--pairs: expected 1 or more, got 0"),
    ("relu --rows 4 --columns 4 --threads 0", "--threads"),
    (
      "attention --query-heads 1 --query-length 4 --head-dimension 4 --broadcast heads",
      "--broadcast needs --bias or --boolean-mask"
    ), ("stored-linear --weight q8", "Q8_0"),
    ("attention --against materialised --list /there/is/none", "/there/is/none"),
    ("attention --against materialised --list /dev/null", "/dev/null"),
    ("relu --rows 4 --columns 4 --against openblas", "--against openblas: expected the operator linear, got relu"),
    ("linear --rows 4 --columns 4 --depth 4 --against materialised", "expected the operator attention, got linear"),
    ("linear --against openblas --list /dev/null", "--list needs --against materialised"),
  ]) func refuses(_ arguments: String, _ message: String) throws {
    let run = try CommandRun("bench " + arguments)
    #expect(run.error.contains(message), "\(run.error)")
    #expect(run.status == 64 && run.output.isEmpty)
  }
}
