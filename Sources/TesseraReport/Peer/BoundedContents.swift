import Foundation
import Tessera

/// The bytes of a file of at most `limit` bytes. Reads no more than that of what has no end.
func boundedContents(of path: String, limit: Int) throws(TesseraError) -> Data {
  func failure(_ actual: String) -> TesseraError {
    .invalidOperand(operation: path, operand: "the file", expected: "a file of at most \(limit) bytes", actual: actual)
  }
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw failure("none that can be opened: \(String(cString: strerror(errno)))") }
  let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  var contents = Data()
  do {
    while contents.count <= limit, let part = try handle.read(upToCount: limit + 1 - contents.count), !part.isEmpty {
      contents += part
    }
  } catch {
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    throw failure(isFolder.boolValue ? "a folder" : "one that cannot be read")
  }
  guard contents.count <= limit else { throw failure("more") }
  return contents
}
