#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The way to standard output: a full disk or a closed end is an error, and not a crash or silence.
public enum StandardOutput {
  public struct Failure: Error, CustomStringConvertible {
    public let reason: String
    public var description: String { "standard output cannot be written: \(reason)" }
  }

  /// Writes all of `text`, now.
  public static func write(_ text: String) throws(Failure) {
    if let reason = writeAll(text, to: STDOUT_FILENO) { throw Failure(reason: reason) }
  }
}

/// Writes the text's bytes, in as many calls as it takes. Returns why that failed; nil where it did not.
func writeAll(_ text: String, to descriptor: Int32) -> String? {
  var text = text
  return text.withUTF8 { bytes in
    var rest = UnsafeRawBufferPointer(bytes)
    while !rest.isEmpty {
      let count = write(descriptor, rest.baseAddress, rest.count)
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      } else if errno != EINTR {
        return String(cString: strerror(errno))
      }
    }
    return nil
  }
}
