import ArgumentParser
import Tessera
import TesseraReport

/// Extents and options of `tessera bench attention`.
struct AttentionOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "Sequences; 1 where left out.")
  var batch: Int?
  @Option(parsing: .unconditional, help: "Heads of the queries.")
  var queryHeads: Int?
  @Option(parsing: .unconditional, help: "Heads of keys and values; as many as query heads where left out.")
  var keyValueHeads: Int?
  @Option(parsing: .unconditional, help: "Queries of each sequence.")
  var queryLength: Int?
  @Option(parsing: .unconditional, help: "Keys of each sequence; as many as queries where left out.")
  var keyLength: Int?
  @Option(parsing: .unconditional, help: "Width of queries and keys.")
  var headDimension: Int?
  @Option(parsing: .unconditional, help: "Width of values; the head dimension where left out.")
  var valueDimension: Int?

  @Option(
    help: """
      none (the library's .full), causal or window:LEFT,RIGHT, where a side that is left empty is open: \
      window:255,0, window:,0.
      """,
    transform: { try AttentionMask(argument: $0) })
  var mask: AttentionMask?
  @Flag(help: "Add a bias to the scores.")
  var bias = false
  @Flag(help: "Hide what a Boolean mask says.")
  var booleanMask = false
  @Option(
    help:
      "Which of batch, heads and queries share one bias and Boolean mask, joined by commas, or none; else batch,heads.",
    transform: { try AttentionOptions.broadcast($0) })
  var broadcast: Set<Broadcast>?
  @Option(parsing: .unconditional, help: "Bound the scores to this by tanh.")
  var softcap: Float?
  @Option(
    parsing: .unconditional,
    help: "Keys that each sequence has, joined by commas; --key-length is the room for them.",
    transform: { try AttentionOptions.lengths($0) })
  var keyLengths: [Int]?
  @Option(
    parsing: .unconditional,
    help: "Queries that each sequence has, joined by commas; --query-length is the room for them.",
    transform: { try AttentionOptions.lengths($0) })
  var queryLengths: [Int]?
  @Option(
    parsing: .unconditional,
    help: """
      Pack sequences of so many queries, joined by commas, one after the other; in place of --batch and both \
      lengths. --key-lengths are the same where left out.
      """,
    transform: { try AttentionOptions.lengths($0) })
  var packedLengths: [Int]?
  @Flag(help: "Time each packed sequence in a call of its own, one after the other in every run.")
  var apart = false

  @Flag(help: "Take from the scores each head's slope times the distance of query and key (ALiBi).")
  var slopes = false
  @Flag(help: "Give each head a sink, a logit beside the scores that has no value.")
  var sinks = false
  @Flag(
    help: "With --bias, in attention-gradients and with --pass backward or both: compute the gradient of the bias, too."
  )
  var biasGradient = false
  @Option(
    parsing: .unconditional,
    help: "Where each sequence's first query stands among its keys, joined by commas; at the end where left out.",
    transform: { try AttentionOptions.lengths($0) })
  var queryOffsets: [Int]?

  @Option(
    parsing: .unconditional,
    help: """
      Documents that each sequence's keys are cut into, of one length, at most one a key; queries see their own \
      document's keys.
      """)
  var documents: Int?

  @Option(
    parsing: .unconditional,
    help:
      "Blocks of 128 queries see the key blocks of their own number, so many to either side, and the first block."
  )
  var blockWindow: Int?

  /// Those that were given, or follow from packed lengths.
  var extents: [(Extent, Int?)] {
    [
      (.batch, batch ?? packedLengths?.count), (.queryHeads, queryHeads), (.keyValueHeads, keyValueHeads),
      (.queryLength, queryLength ?? packedLengths?.max()),
      (.keyLength, keyLength ?? packedLengths.flatMap { (keyLengths ?? $0).max() }),
      (.headDimension, headDimension), (.valueDimension, valueDimension),
    ]
  }

  /// Which dimensions of the scores share one bias and one Boolean mask.
  enum Broadcast: String {
    case batch, heads, queries
  }

  /// Options as they are written, besides extents, and whether they were given.
  var givenOptions: [(String, Bool)] {
    [
      ("--mask", mask != nil), ("--bias", bias), ("--boolean-mask", booleanMask), ("--broadcast", broadcast != nil),
      ("--softcap", softcap != nil), ("--key-lengths", keyLengths != nil),
      ("--query-lengths", queryLengths != nil), ("--packed-lengths", packedLengths != nil),
      ("--query-offsets", queryOffsets != nil), ("--slopes", slopes),
      ("--sinks", sinks), ("--bias-gradient", biasGradient), ("--documents", documents != nil),
      ("--block-window", blockWindow != nil),
    ]
  }

  var isGiven: Bool { givenOptions.contains { $0.1 } }

  /// Gives the options that were given to the request: those of attention, or the mask that another operator has.
  func configure(_ request: inout OperatorRequest, of descriptor: OperatorDescriptor) throws(TesseraError) {
    guard isGiven else { return }
    if let mask, descriptor.options.contains(.mask) {
      request.mask = mask
      guard givenOptions.contains(where: { $0.1 && $0.0 != "--mask" }) else { return }
    }
    var problem = problem(request.extents)
    // What the operator does not have is refused as that, whatever its values.
    guard descriptor.options.contains(.attention) else {
      request.attention = problem
      return
    }
    problem.mask = mask ?? .full
    problem.softcap = softcap
    problem.queryOffsets = queryOffsets
    problem.slopes = slopes ? .perHead : nil
    problem.hasSinks = sinks
    problem.documentStarts = try documentStarts(of: problem, operation: descriptor.name)
    if let blockWindow {
      problem.blockMask = try .window(for: problem, neighbours: blockWindow, globalBlocks: 1)
    }
    let shared = broadcast ?? [.batch, .heads]
    let scores = BatchedMatrixLayout(
      scoresOf: problem, broadcastingBatch: shared.contains(.batch), heads: shared.contains(.heads),
      queries: shared.contains(.queries))
    problem.bias = bias ? scores : nil
    problem.booleanMask = booleanMask ? scores : nil
    problem.gradients.bias = biasGradient ? scores : nil
    request.attention = problem
  }

  /// Heads first, also where sequences are packed.
  private func problem(_ extents: Extents) -> AttentionProblem {
    guard let packedLengths else {
      var problem = AttentionProblem(extents)
      (problem.queryLengths, problem.keyLengths) = (queryLengths, keyLengths)
      return problem
    }
    return AttentionProblem(
      packed: packedLengths, keyLengths: keyLengths, queryHeads: extents[.queryHeads],
      keyValueHeads: extents[.keyValueHeads], headDimension: extents[.headDimension],
      valueDimension: extents[.valueDimension], order: .headsFirst)
  }

  private static func broadcast(_ text: String) throws -> Set<Broadcast> {
    guard text != "none" else { return [] }
    return Set(
      try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
        guard let dimension = Broadcast(rawValue: String(name)) else {
          throw ValidationError("expected batch, heads, queries or none, got \"\(name)\"")
        }
        return dimension
      })
  }

  private static func lengths(_ text: String) throws -> [Int] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { field in
      guard let length = Int(field) else {
        throw ValidationError("expected whole numbers joined by commas, got \"\(field)\"")
      }
      return length
    }
  }
}
