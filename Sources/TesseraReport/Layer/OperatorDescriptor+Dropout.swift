import Tessera

extension OperatorDescriptor {
  /// Decisions that a call draws.
  func dropoutDecisions(_ request: OperatorRequest) -> Int {
    guard hasDropout, let dropout = dropout(of: request), !dropout.isIdentity else { return 0 }
    return dropoutDraws(request.extents)
  }

  private func dropout(of request: OperatorRequest) -> Dropout? {
    if let attention = request.attention { return attention.dropout }
    // Inference drops nothing, except in the operator that does nothing else.
    return request.mode == .training || fuses.isEmpty ? try? request.dropout : nil
  }
}
