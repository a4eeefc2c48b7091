/// The memory of one call, checked. Layouts are the problem's.
struct AttentionOperands {
  var queries: UnsafePointer<Float>?
  var source: KeyValueSource
  var scores: ScoreStage.Operands
  var sinks: UnsafePointer<Float>?
  var output: UnsafeMutablePointer<Float>?
  var logSumExp: UnsafeMutablePointer<Float>?
}

/// The same as the caller gave it.
struct AttentionBuffers {
  var queries: UnsafeBufferPointer<Float>
  /// Floats where the problem's layouts say, or elements of its type in `ranges`.
  var keys, values: UnsafeRawBufferPointer
  /// nil: as the layouts say.
  var ranges: KeyValueRanges?
  var bias: UnsafeBufferPointer<Float>
  var mask: UnsafeBufferPointer<UInt8>
  var slopes, sinks: UnsafeBufferPointer<Float>
  var output, logSumExp: UnsafeMutableBufferPointer<Float>
}
