import Tessera

/// One problem that every variant and thread count must solve: a request, and what only a test needs. The request's
/// sizes, options and layouts are the case's own members too; its seed and offset are the run's.
@dynamicMemberLookup
public struct VerificationCase: Sendable {
  public var request: OperatorRequest
  public var values: CaseValues = .uniform
  public var attentionValues: AttentionValues = .ordinary
  /// Whether an output is compared by the terms that it is made of however long its rows are: where few rows have large
  /// errors, or few elements of a row are not 0, so that those of the naive computation may be small by luck.
  public var comparesByTerms = false
  /// The input that an output is where it may be several; nil means the first.
  public var inPlaceInput: String?
  /// Which end of every operand lies at an inaccessible page; nil where either will do.
  public var placement: GuardedBuffer.Placement?
  /// What sets the case apart from others of these sizes, in words.
  public var notes: [String] = []

  public init(_ request: OperatorRequest) { self.request = request }

  public init(_ extents: Extents) { self.init(OperatorRequest(extents: extents)) }

  public subscript<Value>(dynamicMember member: WritableKeyPath<OperatorRequest, Value>) -> Value {
    get { request[keyPath: member] }
    set { request[keyPath: member] = newValue }
  }

  /// The sizes and what is special, in one line.
  public var description: String { ([request.extents.description] + notes).joined(separator: "; ") }

  /// The same case with the output in this input's place.
  func inPlace(of input: String) -> VerificationCase {
    var result = self
    (result.request.isInPlace, result.inPlaceInput) = (true, input)
    result.notes.append("in place of \(input)")
    return result
  }

  /// The input whose memory is this output's too; nil where the output has its own.
  func inputInPlace(of output: Operand, of descriptor: OperatorDescriptor) -> String? {
    guard request.isInPlace, let inputs = descriptor.aliasing[output.name] else { return nil }
    return inputs.first { $0 == inPlaceInput } ?? inputs.first
  }

  /// The request as the catalog's entries take it. Dropout's offset tells cases of one run apart.
  func request(seed: UInt64, index: Int) throws(TesseraError) -> OperatorRequest {
    var request = request
    // Both halves of dropout's key must matter.
    request.seed = seed &* 0x9E37_79B9_7F4A_7C15
    request.offset = UInt32(index)
    if let dropout = request.attention?.dropout {
      request.attention?.dropout = try Dropout(
        probability: dropout.probability, seed: request.seed, offset: request.offset)
    }
    return request
  }
}
