import Foundation
import Testing

/// The command at a terminal of its own, whose other end the test has.
final class TerminalSession {
  private let process = Process()
  private let end: Int32
  /// All that the terminal was sent so far.
  private(set) var screen = ""
  private static let secondsAtMost = 60.0

  init(_ arguments: String) throws {
    end = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    try #require(end >= 0, "no terminals here")
    let other = try Self.otherEnd(of: end)
    let terminal = FileHandle(fileDescriptor: other, closeOnDealloc: true)
    process.executableURL = try CommandRun.command
    process.arguments = arguments.split(separator: " ").map(String.init)
    process.environment = ProcessInfo.processInfo.environment.merging(["TESSERA_FAST_MEMORY": "8M", "TERM": "xterm"]) {
      $1
    }
    (process.standardInput, process.standardOutput, process.standardError) = (terminal, terminal, terminal)
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    close(end)
  }

  /// What grantpt, unlockpt and ptsname do, which Swift's module of the C library lacks on Linux.
  private static func otherEnd(of end: Int32) throws -> Int32 {
    #if canImport(Glibc)
      let (lock, number) = (UInt(0x4004_5431), UInt(0x8004_5430))
      var place: Int32 = 0
      try #require(ioctl(end, lock, &place) == 0 && ioctl(end, number, &place) == 0)
      let path = "/dev/pts/\(place)"
    #else
      try #require(grantpt(end) == 0 && unlockpt(end) == 0)
      let path = String(cString: try #require(ptsname(end)))
    #endif
    let other = open(path, O_RDWR | O_NOCTTY)
    try #require(other >= 0)
    return other
  }

  func type(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(write(end, bytes, bytes.count) == bytes.count)
  }

  func interrupt() { kill(process.processIdentifier, SIGINT) }

  /// Waits until the terminal was sent this after what earlier calls waited for, and returns what came before it.
  @discardableResult
  func wait(for text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
    let deadline = Date(timeIntervalSinceNow: Self.secondsAtMost)
    while Date() < deadline {
      if let range = screen.firstRange(of: text) {
        defer { screen.removeSubrange(..<range.upperBound) }
        return String(screen[..<range.lowerBound])
      }
      try read()
    }
    Issue.record(
      "\(text.debugDescription) did not come; there is \(screen.debugDescription)", sourceLocation: sourceLocation)
    throw CancellationError()
  }

  /// Takes in what has come, or nothing after a tenth of a second. Throws where the process has left the terminal.
  func read() throws {
    var poller = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
    guard poll(&poller, 1, 100) > 0 else { return }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Foundation.read(end, &bytes, bytes.count)
    try #require(count > 0, "the process has ended; there is \(screen.debugDescription)")
    screen += String(decoding: bytes[..<count], as: UTF8.self)
  }

  /// Waits for the process, and says how it ended: -1 for a signal.
  func status() throws -> Int32 {
    let deadline = Date(timeIntervalSinceNow: Self.secondsAtMost)
    while process.isRunning, Date() < deadline { usleep(1000) }
    try #require(!process.isRunning)
    return process.terminationReason == .exit ? process.terminationStatus : -1
  }
}
