#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file that is written whole or not at all: into a temporary file beside it, which then takes its name.
public struct OutputFile: Sendable {
  /// Why the file cannot be written.
  public struct Failure: Error, CustomStringConvertible {
    public let path: String
    public let reason: String
    public var description: String { "expected a file that can be written, got \"\(path)\": \(reason)" }
  }

  /// Where the file will lie, links followed, so that a link's target is replaced and not the link.
  private let path: String
  private let temporaryPath: String

  /// Throws where the file could not be written now, so that nobody measures for minutes in vain. Leaves nothing
  /// behind.
  public init(_ requested: String) throws(Failure) {
    guard !requested.isEmpty, requested.last != "/" else {
      throw Failure(path: requested, reason: "it names no file")
    }
    var path = requested
    if let resolved = realpath(requested, nil) {
      path = String(cString: resolved)
      free(resolved)
      var status = stat()
      // Renaming would put a file in place of a device or a folder.
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw Failure(path: requested, reason: "it is not a regular file")
      }
      guard access(path, W_OK) == 0 else { throw Failure(path: requested, reason: String(cString: strerror(errno))) }
    }
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { path[...$0] } ?? ""
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    self.path = path
    temporaryPath = "\(folder).\(name).\(getpid()).tmp"
    let descriptor = try createTemporary()
    close(descriptor)
    unlink(temporaryPath)
  }

  /// Puts `text` in the file's place. On failure the file is as it was before.
  public func write(_ text: String) throws(Failure) {
    let descriptor = try createTemporary()
    var failure: Failure?
    var status = stat()
    // Who could read the old file can read the new one.
    if stat(path, &status) == 0 { fchmod(descriptor, status.st_mode & 0o7777) }
    if let reason = writeAll(text, to: descriptor) { failure = Failure(path: path, reason: reason) }
    // Some file systems tell of a full disk only here.
    if fsync(descriptor) != 0, failure == nil { failure = lastFailure() }
    if close(descriptor) != 0, failure == nil { failure = lastFailure() }
    if failure == nil, rename(temporaryPath, path) != 0 { failure = lastFailure() }
    if let failure {
      unlink(temporaryPath)
      throw failure
    }
  }

  private func createTemporary() throws(Failure) -> Int32 {
    let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw lastFailure() }
    return descriptor
  }

  private func lastFailure() -> Failure { Failure(path: path, reason: String(cString: strerror(errno))) }
}
