#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The first line of a small text file, without its newline; nil where it cannot be read.
func firstLine(of path: String) -> String? {
  guard let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  var buffer = [CChar](repeating: 0, count: 4096)
  guard fgets(&buffer, Int32(buffer.count), file) != nil else { return nil }
  return buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }.split(whereSeparator: \.isNewline).first
    .map(String.init) ?? ""
}
