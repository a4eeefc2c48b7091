import Foundation
import TesseraModels
import Testing

/// What can and cannot be mapped.
@Suite struct MappedFileTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  private func refusal(_ path: String) -> ModelFileError? {
    #expect(throws: ModelFileError.self) { try MappedFile(path: path) }
  }

  @Test func contentsAreTheFiles() throws {
    let path = folder.appending(path: "five").path
    try Data([1, 2, 3, 4, 5]).write(to: URL(filePath: path))
    let file = try MappedFile(path: path)
    withExtendedLifetime(file) { #expect(file.bytes.elementsEqual([1, 2, 3, 4, 5])) }
    try FileManager.default.removeItem(at: folder)
  }

  @Test func whatIsNoFileIsRefused() throws {
    let missing = refusal(folder.appending(path: "none").path)
    #expect(missing?.actual == "No such file or directory")
    #expect(missing?.file == folder.appending(path: "none").path)
    #expect(refusal(folder.path)?.actual == "a folder")
    let empty = folder.appending(path: "empty").path
    try Data().write(to: URL(filePath: empty))
    #expect(refusal(empty)?.actual == "an empty file")
    // Nobody writes to the pipe: opening it must not wait.
    let pipe = folder.appending(path: "pipe").path
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(refusal(pipe)?.actual == "a pipe or a device")
    #expect(refusal("/dev/null")?.actual == "a pipe or a device")
    try FileManager.default.removeItem(at: folder)
  }
}
