import ArgumentParser

extension AttentionOptions {
  /// What options say against each other, or alone; whether they fit the sizes is the problem's to check.
  func validate() throws {
    if let blockWindow, blockWindow < 0 {
      throw ValidationError("--block-window: expected 0 or more, got \(blockWindow)")
    }
    if let documents, !(1...Self.mostDocuments).contains(documents) {
      throw ValidationError("--documents: expected 1 to \(Self.mostDocuments), got \(documents)")
    }
    guard broadcast == nil || bias || booleanMask else {
      throw ValidationError("--broadcast needs --bias or --boolean-mask")
    }
    guard bias || !biasGradient else { throw ValidationError("--bias-gradient needs --bias") }
    guard packedLengths == nil || batch == nil && queryLength == nil && keyLength == nil && queryLengths == nil else {
      throw ValidationError(
        "--packed-lengths needs none of --batch, --query-length, --key-length and --query-lengths, which it says too")
    }
    // The longest is the room for all: nothing else would bound one below 0 in words that help.
    if let length = packedLengths?.first(where: { $0 < 0 }) {
      throw ValidationError("--packed-lengths: expected 0 or more each, got \(length)")
    }
    guard packedLengths != nil || !apart else { throw ValidationError("--apart needs --packed-lengths") }
  }
}
