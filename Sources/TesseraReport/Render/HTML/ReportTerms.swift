/// What the columns of the page's tables are called short, in a line each, above the first that has them.
enum ReportTerms {
  static let all = [
    ("Q", "the bytes that an operator must move: each operand once"),
    ("D", "the bytes that it does move, counted while it ran, with what fast memory cannot keep read again"),
    ("B", "the bandwidth that it reached: D over its time"),
    (
      "B̂",
      "the best bandwidth of this machine, measured in the same run, for the same mix of reads and writes "
        + "(\"B̂ of\": which)"
    ),
    (
      "MUE",
      "memory use efficiency, Q/D · B/B̂ in per cent: 100 moves no byte too many and as fast as the machine can"
    ),
    ("%peak", "FLOP/s over the peak of fused multiply-adds, measured in the same run"),
  ]

  static var html: String {
    (["<dl class=\"terms\">"] + all.map { "<dt>\(escaped($0.0))</dt><dd>\(escaped($0.1))</dd>" } + ["</dl>"])
      .joined(separator: "\n") + "\n"
  }
}
