import Foundation
import Testing

/// How the command `tessera` ended with these arguments, and what it said. It lies beside the tests.
struct CommandRun {
  var status: Int32
  /// Empty where `file` took it.
  var output: String
  var error: String

  init(_ arguments: String, standardOutput file: String? = nil) throws {
    let command = try #require(Bundle.main.executableURL).deletingLastPathComponent().appending(path: "tessera")
    let (process, output, error) = (Process(), Pipe(), Pipe())
    process.executableURL = command
    process.arguments = arguments.split(separator: " ").map(String.init)
    process.standardError = error
    // Nothing is measured for it, or stored in the user's folder.
    process.environment = ProcessInfo.processInfo.environment.merging(["TESSERA_FAST_MEMORY": "8M"]) { $1 }
    if let file {
      process.standardOutput = try FileHandle(forWritingTo: URL(filePath: file))
      try output.fileHandleForWriting.close()
    } else {
      process.standardOutput = output
    }
    try process.run()
    // Both are short: neither pipe fills.
    let texts = try [output, error].map {
      String(decoding: try $0.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }
    process.waitUntilExit()
    // A crash is no status.
    status = process.terminationReason == .exit ? process.terminationStatus : -1
    (self.output, self.error) = (texts[0], texts[1])
  }
}
