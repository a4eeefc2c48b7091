import Foundation
import Tessera

/// Where a report is from, which a page says to who was not there: library and version, when, and by which command.
public struct ReportOrigin: Hashable, Sendable {
  public var version = TesseraVersion.text
  public var date: Date
  /// As it could be typed again.
  public var command: String

  /// `arguments` are those of the process, its own name first.
  public init(date: Date = Date(), arguments: [String]) {
    self.date = date
    let name = arguments.first.map { [URL(filePath: $0).lastPathComponent] } ?? []
    command = (name + arguments.dropFirst()).map(Self.quoted).joined(separator: " ")
  }

  /// One line: name and version, the day and time in UTC, the command.
  var text: String {
    "Tessera \(version), \(date.formatted(.iso8601.dateTimeSeparator(.space))), \(command)"
  }

  /// A word as a shell reads it.
  private static func quoted(_ word: String) -> String {
    let plain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=:,+@%".contains($0)) }
    return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
