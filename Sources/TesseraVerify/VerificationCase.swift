import Tessera

/// One problem that every variant and thread count must solve: sizes, options, and how operands lie in memory.
public struct VerificationCase: Sendable {
  public var extents: Extents
  /// Of matrix operands that are not contiguous, by name; planes count as rows.
  public var layouts: [String: MatrixLayout] = [:]
  /// Of operands whose layout is batched (batched contraction, rotary embedding), by name.
  public var batchedLayouts: [String: BatchedMatrixLayout] = [:]
  public var mode: ExecutionMode = .training
  public var dropProbability = 0.1
  public var scale: Float = 0.125
  public var epsilon: Float = 1e-5
  /// As in `OperatorRequest`.
  public var hasBias = true
  public var returnsSum = false
  /// Of an operator that takes any.
  public var activation = Activation.relu
  /// Which columns a row of stored scores sees.
  public var mask = AttentionMask.full
  public var transposesRight = false
  /// As in `OperatorRequest`.
  public var weightType = StoredType.float32
  public var rotary = RotaryEmbeddingOptions()
  public var sampling = SamplingOptions()
  /// As in `OperatorRequest`.
  public var recentTokens: [Int32] = []
  /// Of attention: sizes, layouts and options.
  public var attention: AttentionProblem?
  public var attentionValues: AttentionValues = .ordinary
  /// Whether an output of attention is compared by the terms that it is made of however long its rows are: where few rows
  /// have large errors, so that those of the naive computation may be small by luck.
  public var comparesByTerms = false
  /// Whether outputs that may alias an input are that input.
  public var isInPlace = false
  /// The input that an output is where it may be several; nil means the first.
  public var inPlaceInput: String?
  public var values: CaseValues = .uniform
  /// Which end of every operand lies at an inaccessible page; nil where either will do.
  public var placement: GuardedBuffer.Placement?
  /// What sets the case apart from others of these sizes, in words.
  public var notes: [String] = []

  public init(_ extents: Extents) { self.extents = extents }

  /// The sizes and what is special, in one line.
  public var description: String { ([extents.description] + notes).joined(separator: "; ") }

  /// The same case with the output in this input's place.
  func inPlace(of input: String) -> VerificationCase {
    var result = self
    (result.isInPlace, result.inPlaceInput) = (true, input)
    result.notes.append("in place of \(input)")
    return result
  }

  /// The input whose memory is this output's too; nil where the output has its own.
  func inputInPlace(of output: Operand, of descriptor: OperatorDescriptor) -> String? {
    guard isInPlace, let inputs = descriptor.aliasing[output.name] else { return nil }
    return inputs.first { $0 == inPlaceInput } ?? inputs.first
  }

  /// The case as the catalog's entries take it. Dropout's offset tells cases of one run apart.
  func request(seed: UInt64, index: Int) throws(TesseraError) -> OperatorRequest {
    var request = OperatorRequest(extents: extents)
    request.layouts = layouts
    request.batchedLayouts = batchedLayouts
    request.mode = mode
    request.dropProbability = dropProbability
    // Both halves of dropout's key must matter.
    request.seed = seed &* 0x9E37_79B9_7F4A_7C15
    request.offset = UInt32(index)
    request.scale = scale
    request.hasBias = hasBias
    request.returnsSum = returnsSum
    request.mask = mask
    request.epsilon = epsilon
    request.activation = activation
    request.transposesRight = transposesRight
    request.weightType = weightType
    request.rotary = rotary
    (request.sampling, request.recentTokens) = (sampling, recentTokens)
    request.isInPlace = isInPlace
    var problem = attention
    if problem?.dropout != nil { problem?.dropout = try request.dropout }
    request.attention = problem
    return request
  }
}
