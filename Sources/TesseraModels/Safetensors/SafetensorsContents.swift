#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A safetensors file that is to be written: tensors of floats and texts about them.
///
/// `SafetensorsFile` reads it. Tensors lie in the order in which they are added, without gaps, and the header is padded
/// with blanks so that they begin at a multiple of 8 bytes.
public struct SafetensorsContents {
  /// Texts about the file.
  public var metadata: [String: String] = [:]
  private var tensors: [Tensor] = []

  private struct Tensor {
    let name: String
    let shape: [Int]
    let values: UnsafeRawBufferPointer
  }

  public init() {}

  /// The values, as many as the shape has elements, stay where they are until the file has been written.
  public mutating func append(_ name: String, shape: [Int], _ values: UnsafeBufferPointer<Float>) {
    precondition(values.count == shape.reduce(1, *), "a tensor has as many values as its shape says")
    tensors.append(Tensor(name: name, shape: shape, values: UnsafeRawBufferPointer(values)))
  }

  /// Writes the file whole or not at all: into a temporary one beside it, which is on the disk before it takes the
  /// name. Whatever happens meanwhile, a file that was there is there as it was, or the new one is. The name is on the
  /// disk when this returns, so that of two files written one after the other the second is never newer than the first.
  /// Throws with the system's reason.
  public func write(to path: String) throws(ModelFileError) {
    let temporary = path + ".partial"
    func failure() -> ModelFileError {
      ModelFileError(
        file: path, offset: nil, subject: "file", expected: "one that can be written",
        actual: String(cString: strerror(errno)))
    }
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure() }
    var error: ModelFileError?
    let header = header
    header.withUnsafeBytes { if !Self.write($0, to: descriptor) { error = failure() } }
    for tensor in tensors where error == nil {
      if !Self.write(tensor.values, to: descriptor) { error = failure() }
    }
    if error == nil, fsync(descriptor) != 0 { error = failure() }
    if close(descriptor) != 0, error == nil { error = failure() }
    if error == nil, rename(temporary, path) != 0 { error = failure() }
    if let error {
      unlink(temporary)
      throw error
    }
    guard Self.syncFolder(of: path) else { throw failure() }
  }

  /// Puts the folder's names on the disk; whether that went well. Where the folder may not be opened, or its file
  /// system has no such call, nothing can be done.
  private static func syncFolder(of path: String) -> Bool {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return errno == EACCES }
    let isSynced = fsync(descriptor) == 0 || errno == EINVAL
    // What `failure` reads.
    let reason = errno
    close(descriptor)
    errno = reason
    return isSynced
  }

  /// Length and header.
  private var header: [UInt8] {
    var entries: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
      entries.append("\"__metadata__\":{" + texts.joined(separator: ",") + "}")
    }
    var start = 0
    for tensor in tensors {
      let end = start + tensor.values.count
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      entries.append(
        "\(Self.quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(start),\(end)]}")
      start = end
    }
    var text = Array(("{" + entries.joined(separator: ",") + "}").utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\" + String(scalar)
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// All of the bytes, in as many calls as it takes; whether that went well.
  private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var rest = bytes
    while let address = rest.baseAddress, !rest.isEmpty {
      #if canImport(Glibc)
        let count = Glibc.write(descriptor, address, rest.count)
      #else
        let count = Darwin.write(descriptor, address, rest.count)
      #endif
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }
}
