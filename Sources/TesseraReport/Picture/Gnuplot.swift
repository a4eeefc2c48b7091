import Foundation

/// Draws pictures with gnuplot, where there is one on the path.
public struct Gnuplot: Sendable {
  /// Why there is no picture.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  private let executable: URL

  /// Throws where no folder of `PATH` has a gnuplot that can be run.
  public init() throws(Failure) {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let candidates = path.split(separator: ":").map { URL(filePath: String($0)).appending(path: "gnuplot") }
    guard let executable = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
      throw Failure(description: "gnuplot is missing (Debian: apt-get install gnuplot-nox)")
    }
    self.executable = executable
  }

  /// The picture as an `svg` element for a page.
  public func draw(_ picture: Picture) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (script, result) = (folder.appending(path: "script"), folder.appending(path: "picture.svg"))
    let output = "set output \(PictureStyle.quoted(result.path))\n"
    try (output + picture.script).write(to: script, atomically: false, encoding: .utf8)
    let process = Process()
    process.executableURL = executable
    // Without the user's own settings.
    process.arguments = ["--default-settings", script.path]
    process.standardInput = FileHandle.nullDevice
    let messages = Pipe()
    process.standardOutput = messages
    process.standardError = messages
    try process.run()
    let said = try messages.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0, let svg = try? String(contentsOf: result, encoding: .utf8) else {
      let lines = String(decoding: said, as: UTF8.self).split(separator: "\n").filter { $0.contains { $0 != " " } }
      throw Failure(description: "gnuplot failed: \(lines.last ?? "it said nothing")")
    }
    return try embeddedSVG(svg, of: picture)
  }
}
