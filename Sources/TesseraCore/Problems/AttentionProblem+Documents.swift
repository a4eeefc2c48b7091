extension AttentionProblem {
  /// Whether what a query sees depends on where it stands: by the mask, the documents or the block mask.
  package var hidesByPosition: Bool {
    mask != .full || blockMask != nil || documentStarts?.contains { !$0.isEmpty } == true
  }

  /// Throws what is wrong with the documents.
  func checkDocuments(_ operation: String) throws(TesseraError) {
    guard let documentStarts else { return }
    guard documentStarts.count == batch else {
      throw .invalidOperand(
        operation: operation, operand: "document starts", expected: "\(batch) lists, one a sequence",
        actual: "\(documentStarts.count)")
    }
    for (sequence, starts) in documentStarts.enumerated() {
      var least = 0
      for start in starts {
        guard (least...Extent.largest).contains(start) else {
          throw .invalidOperand(
            operation: operation, operand: "document starts of sequence \(sequence)",
            expected: "0 to \(Extent.largest), ascending", actual: "\(start) where \(least) is the least")
        }
        least = start
      }
    }
  }
}
