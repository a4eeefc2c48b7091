import Tessera

/// One call of a catalog operator on tensors of the layer.
public struct OperatorCall: Sendable {
  public let descriptor: OperatorDescriptor
  public let request: OperatorRequest
  /// The layer's tensor for each operand name of the descriptor.
  public let tensors: [String: String]

  init(
    _ descriptor: OperatorDescriptor, _ extents: Extents, _ tensors: [String: String],
    configure: (inout OperatorRequest) -> Void = { _ in }
  ) {
    var request = OperatorRequest(extents: extents)
    configure(&request)
    self.init(descriptor, request, tensors)
  }

  init(_ descriptor: OperatorDescriptor, _ request: OperatorRequest, _ tensors: [String: String]) {
    self.descriptor = descriptor
    self.request = request
    self.tensors = tensors
  }

  public var floatingPointOperations: Int { descriptor.floatingPointOperations(request.extents) }

  /// Q, in its two parts.
  public var leastTraffic: Traffic { descriptor.leastTraffic(request.extents, mode: request.mode) }

  /// What is read, without operands that this call does not have, such as attention's bias.
  public var reads: [Operand] { descriptor.reads.filter { $0.elementCount(request.extents) > 0 } }

  public var writes: [Operand] { descriptor.writes(in: request.mode) }

  /// Decisions that dropout draws in this call.
  public var dropoutDecisions: Int { descriptor.dropoutDecisions(request) }
}

extension OperatorCall {
  /// The same call where it rides on a product: its input is that of a linear map, and its parameters
  /// `weight` and `shift` are the norm's.
  func riding(
    on input: String, _ weight: String, depth: Int, _ descriptor: OperatorDescriptor
  ) -> OperatorCall {
    var (request, tensors) = (self.request, self.tensors)
    request.extents[.depth] = depth
    // Where the map's result would lie is nothing that the call knows.
    request.layouts["input"] = nil
    for parameter in ["weight", "shift"] { tensors["norm-" + parameter] = tensors.removeValue(forKey: parameter) }
    (tensors["input"], tensors["weight"]) = (input, weight)
    return OperatorCall(descriptor, request, tensors)
  }
}
