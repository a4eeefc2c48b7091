import Foundation
import Testing

/// How the command `tessera` ended with these arguments, and what it said. It lies beside the tests.
struct CommandRun {
  var status: Int32
  /// Empty where `file` took it.
  var output: String
  var error: String

  private static let secondsAtMost = 120.0

  /// `environment` is beside what the tests have; `addressSpace` bounds the process's, in KiB.
  init(
    _ arguments: String, environment: [String: String] = [:], addressSpace: Int? = nil,
    standardOutput file: String? = nil
  ) throws {
    let command = try #require(Bundle.main.executableURL).deletingLastPathComponent().appending(path: "tessera")
    let (process, output, error) = (Process(), Pipe(), Pipe())
    let words = arguments.split(separator: " ").map(String.init)
    if let addressSpace {
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = ["-c", "ulimit -v \(addressSpace); exec \"$@\"", "sh", command.path] + words
    } else {
      (process.executableURL, process.arguments) = (command, words)
    }
    // Fast memory is given, so that none is measured, or stored in the user's folder.
    process.environment = ProcessInfo.processInfo.environment.merging(["TESSERA_FAST_MEMORY": "8M"]) { $1 }
      .merging(environment) { $1 }
    process.standardError = error
    if let file {
      process.standardOutput = try FileHandle(forWritingTo: URL(filePath: file))
      try output.fileHandleForWriting.close()
    } else {
      process.standardOutput = output
    }
    try process.run()
    // One that hangs must not keep the tests waiting for ever.
    let identifier = process.processIdentifier
    let watchdog = DispatchWorkItem { kill(identifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.secondsAtMost, execute: watchdog)
    defer { watchdog.cancel() }
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
