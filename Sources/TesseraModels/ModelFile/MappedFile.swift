#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file's contents, mapped into memory for reading only.
///
/// The size is the file's when it is opened. A file that another process shortens while it is mapped is not guarded
/// against: the system answers a read of the lost pages with SIGBUS. Replacing a file by renaming another over it is
/// safe.
public final class MappedFile: @unchecked Sendable {
  public let path: String
  /// All bytes. Whoever uses them keeps the object alive, as a variable that is used later or `withExtendedLifetime`
  /// does; in `try MappedFile(path: path).bytes` it is gone at once.
  public let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool

  /// Throws where the path names nothing, cannot be opened, is a folder, a pipe or a device, or is empty.
  public init(path: String) throws(ModelFileError) {
    func failure(expected: String, actual: String) -> ModelFileError {
      ModelFileError(file: path, offset: nil, subject: "file", expected: expected, actual: actual)
    }
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw failure(expected: "a file that can be opened", actual: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw failure(expected: "a file whose size is known", actual: String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw failure(
        expected: "a regular file", actual: status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a pipe or a device")
    }
    let size = Int(status.st_size)
    guard size > 0 else { throw failure(expected: "a file with contents", actual: "an empty file") }
    guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
      throw failure(expected: "a file that can be mapped", actual: String(cString: strerror(errno)))
    }
    self.path = path
    bytes = UnsafeRawBufferPointer(start: address, count: size)
    isMapped = true
  }

  /// A copy of bytes that are in memory already, under a name that errors give as the path.
  public init(copying contents: some Collection<UInt8>, name: String) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 16)
    copy.copyBytes(from: contents)
    path = name
    bytes = UnsafeRawBufferPointer(copy)
    isMapped = false
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    } else {
      bytes.deallocate()
    }
  }
}
