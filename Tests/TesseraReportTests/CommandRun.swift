import Foundation
import Testing

/// How the command `tessera` ended with these arguments, and what it said. It lies beside the tests.
struct CommandRun {
  var status: Int32
  /// Empty where `file` took it.
  var output: String
  var error: String

  private static let secondsAtMost = 120.0

  static var command: URL {
    get throws { try #require(Bundle.main.executableURL).deletingLastPathComponent().appending(path: "tessera") }
  }

  /// `environment` is beside what the tests have; `addressSpace` bounds the process's, in KiB; `isInterrupted`: it gets
  /// SIGINT as soon as it would not just end by it.
  init(
    _ arguments: String, environment: [String: String] = [:], addressSpace: Int? = nil,
    standardInput input: Data = Data(), standardOutput file: String? = nil, isInterrupted: Bool = false
  ) throws {
    let command = try Self.command
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
    let inputPipe = Pipe()
    process.standardInput = inputPipe
    if let file {
      process.standardOutput = try FileHandle(forWritingTo: URL(filePath: file))
      try output.fileHandleForWriting.close()
    } else {
      process.standardOutput = output
    }
    try process.run()
    // What a command does not read fits into the pipe.
    DispatchQueue.global().async {
      try? inputPipe.fileHandleForWriting.write(contentsOf: input)
      try? inputPipe.fileHandleForWriting.close()
    }
    // One that hangs must not keep the tests waiting for ever.
    let identifier = process.processIdentifier
    let watchdog = DispatchWorkItem { kill(identifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.secondsAtMost, execute: watchdog)
    defer { watchdog.cancel() }
    if isInterrupted {
      while process.isRunning, !Self.catchesInterrupts(identifier) { usleep(1000) }
      kill(identifier, SIGINT)
    }
    // Both are short: neither pipe fills.
    let texts = try [output, error].map {
      String(decoding: try $0.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }
    process.waitUntilExit()
    // A crash is no status.
    status = process.terminationReason == .exit ? process.terminationStatus : -1
    (self.output, self.error) = (texts[0], texts[1])
  }

  /// What Linux says of the process's signals: a bit each, from signal 1 on.
  private static func catchesInterrupts(_ process: pid_t) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
    guard let line = status.firstMatch(of: /SigCgt:\s*([0-9a-f]+)/), let mask = UInt64(line.1, radix: 16) else {
      return false
    }
    return mask >> UInt64(SIGINT - 1) & 1 == 1
  }
}
