/// The memory of one call. Layouts are the problem's.
struct AttentionOperands {
  var queries: UnsafePointer<Float>?
  var source: KeyValueSource
  var bias: UnsafePointer<Float>?
  var mask: UnsafePointer<UInt8>?
  var output: UnsafeMutablePointer<Float>?
  var logSumExp: UnsafeMutablePointer<Float>?
}
