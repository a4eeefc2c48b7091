/// The memory of one call, checked. Layouts are the problem's.
struct AttentionOperands {
  var queries: UnsafePointer<Float>?
  var source: KeyValueSource
  var bias: UnsafePointer<Float>?
  var mask: UnsafePointer<UInt8>?
  var slopes: UnsafePointer<Float>?
  var sinks: UnsafePointer<Float>?
  var output: UnsafeMutablePointer<Float>?
  var logSumExp: UnsafeMutablePointer<Float>?
}

/// The same as the caller gave it.
struct AttentionBuffers {
  var queries, keys, values, bias: UnsafeBufferPointer<Float>
  var mask: UnsafeBufferPointer<UInt8>
  var slopes, sinks: UnsafeBufferPointer<Float>
  var output, logSumExp: UnsafeMutableBufferPointer<Float>
}
