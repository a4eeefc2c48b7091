import Tessera

/// A line of a list of shapes for `--against`: self-attention of `heads` heads, contiguous [B, H, L, D].
public struct ComparisonShape: Codable, Hashable, Sendable {
  public var length: Int
  public var headDimension: Int
  public var heads: Int
  public var batch: Int
  /// A mask as `--mask` takes it.
  public var mask: String

  public init(length: Int, headDimension: Int, heads: Int, batch: Int, mask: String) {
    self.length = length
    self.headDimension = headDimension
    self.heads = heads
    self.batch = batch
    self.mask = mask
  }

  static let header = "L,D,heads,batch,mask"

  /// The shapes of a CSV file of at most a MiB. Throws, with its path, for one that cannot be read or is no such list.
  public static func list(file path: String) throws(TesseraError) -> [ComparisonShape] {
    let contents = try boundedContents(of: path, limit: 1 << 20)
    return try list(String(decoding: contents, as: UTF8.self), of: path)
  }

  /// The shapes of a CSV file's text. Empty lines and those that begin with # do not count. Throws, with the line's
  /// number, for what is not a shape; errors name `source`.
  public static func list(_ text: String, of source: String = "comparison") throws(TesseraError) -> [ComparisonShape] {
    var shapes: [ComparisonShape] = []
    var hasHeader = false
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      guard hasHeader else {
        guard line == header else { throw invalid(source, index, expected: "\"\(header)\"", actual: "\"\(line)\"") }
        hasHeader = true
        continue
      }
      let fields = line.split(separator: ",", maxSplits: 4, omittingEmptySubsequences: false)
      let sizes = fields.prefix(4).compactMap { Int($0) }
      guard fields.count == 5, sizes.count == 4 else {
        throw invalid(source, index, expected: "four numbers and a mask", actual: "\"\(line)\"")
      }
      let mask: AttentionMask
      do throws(TesseraError) { mask = try AttentionMask(named: String(fields[4])) } catch {
        throw invalid(source, index, expected: "none, causal or window:LEFT,RIGHT last", actual: "\"\(fields[4])\"")
      }
      shapes.append(
        ComparisonShape(length: sizes[0], headDimension: sizes[1], heads: sizes[2], batch: sizes[3], mask: mask.name))
    }
    guard !shapes.isEmpty else {
      throw .invalidOperand(
        operation: source, operand: "list", expected: "shapes below \"\(header)\"",
        actual: hasHeader ? "none" : "nothing at all")
    }
    return shapes
  }

  func problem() throws(TesseraError) -> BenchProblem {
    try BenchProblem(
      operatorName: OperatorDescriptor.attention.name,
      extents: [.batch: batch, .queryHeads: heads, .queryLength: length, .headDimension: headDimension], isWarm: true
    ) { request throws(TesseraError) in
      var problem = AttentionProblem(request.extents)
      problem.mask = try AttentionMask(named: mask)
      request.attention = problem
    }
  }

  private static func invalid(_ source: String, _ index: Int, expected: String, actual: String) -> TesseraError {
    .invalidOperand(operation: source, operand: "line \(index + 1) of the list", expected: expected, actual: actual)
  }
}
