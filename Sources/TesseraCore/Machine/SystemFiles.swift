#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The first line of a small text file, without its newline; nil where it cannot be read or has none.
func firstLine(of path: String) -> String? { lines(of: path, limit: 1).first }

/// The first lines of a small text file, without their newlines; none where it cannot be read.
func lines(of path: String, limit: Int) -> [String] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var buffer = [CChar](repeating: 0, count: 4096)
  var lines: [String] = []
  while lines.count < limit, fgets(&buffer, Int32(buffer.count), file) != nil {
    let line = buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    lines.append(line.hasSuffix("\n") ? String(line.dropLast()) : line)
  }
  return lines
}
