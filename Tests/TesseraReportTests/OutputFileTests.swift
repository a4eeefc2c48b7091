import Foundation
import TesseraReport
import Testing

@Suite final class OutputFileTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false) }
  deinit { try? FileManager.default.removeItem(at: folder) }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
  }

  @Test func theFileAppearsWhenItIsWritten() throws {
    let file = try OutputFile(path("report.txt"))
    #expect(try names.isEmpty)
    try file.write("first\n")
    try file.write("second\n")
    #expect(try names == ["report.txt"])
    #expect(try String(contentsOfFile: path("report.txt"), encoding: .utf8) == "second\n")
  }

  @Test func aFailedWriteLeavesTheOldFile() throws {
    try "old".write(toFile: path("report.txt"), atomically: false, encoding: .utf8)
    let file = try OutputFile(path("report.txt"))
    // A folder in the file's place: the last step, renaming, fails.
    try FileManager.default.removeItem(atPath: path("report.txt"))
    try FileManager.default.createDirectory(atPath: path("report.txt"), withIntermediateDirectories: false)
    #expect(throws: OutputFile.Failure.self) { try file.write("new") }
    #expect(try names == ["report.txt"])
  }

  @Test func whatCannotBeWrittenIsRefusedAtOnce() throws {
    for name in ["", path("none/report.txt"), folder.path, folder.path + "/", "/dev/null"] {
      #expect(throws: OutputFile.Failure.self, "\(name)") { try OutputFile(name) }
    }
    #expect(try names.isEmpty)
  }

  @Test func aLinkStaysALink() throws {
    try "old".write(toFile: path("target"), atomically: false, encoding: .utf8)
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "target")
    try OutputFile(path("link")).write("new")
    #expect(try String(contentsOfFile: path("target"), encoding: .utf8) == "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path("link")) == "target")
  }

  @Test func permissionsStay() throws {
    try "old".write(toFile: path("report.txt"), atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path("report.txt"))
    try OutputFile(path("report.txt")).write("new")
    let attributes = try FileManager.default.attributesOfItem(atPath: path("report.txt"))
    #expect(attributes[.posixPermissions] as? Int == 0o640)
  }
}
