import Tessera

/// A list of shapes gone through in one process; its coding keys are the keys of the JSON.
public struct ComparisonRun: Codable, Sendable {
  public struct Line: Codable, Sendable {
    public var shape: ComparisonShape
    /// The last measurement: the repeated one where there was one. Absent where the shape does not fit in memory.
    public var times: PairedTimes?
    public var isOffender: Bool
  }

  public var threads: Int
  public var isa: InstructionSet
  public var lines: [Line]

  /// How many pairs an offender is repeated with.
  public static let pairsOfRepeat = 101

  /// Compares every shape over `pairs` pairs; one that is slower is repeated with 101, and is an offender when it is
  /// slower again. What does not fit in memory is skipped and stays in the list. Throws for a shape that is wrong.
  public init(
    _ shapes: [ComparisonShape], pairs: Int, context: ExecutionContext, progress: (String) -> Void = { _ in }
  ) throws(TesseraError) {
    threads = context.pool.threadCount
    isa = context.instructionSet
    lines = []
    for (index, shape) in shapes.enumerated() {
      progress("\(index + 1) of \(shapes.count): \(shape.description)")
      lines.append(try Self.line(shape, pairs: pairs, context: context))
    }
  }

  private static func line(
    _ shape: ComparisonShape, pairs: Int, context: ExecutionContext
  ) throws(TesseraError) -> Line {
    do {
      let comparison = try AttentionComparison(try shape.problem(), context: context)
      var times = try comparison.run(pairs: pairs)
      if times.isSlower { times = try comparison.run(pairs: max(pairs, pairsOfRepeat)) }
      return Line(shape: shape, times: times, isOffender: times.isSlower)
    } catch {
      guard case .outOfMemory = error else { throw error }
      return Line(shape: shape, times: nil, isOffender: false)
    }
  }

  public var offenders: [Line] { lines.filter(\.isOffender) }
  public var skipped: [Line] { lines.filter { $0.times == nil } }
}

extension ComparisonShape: CustomStringConvertible {
  public var description: String { "L \(length), D \(headDimension), heads \(heads), batch \(batch), mask \(mask)" }
}
