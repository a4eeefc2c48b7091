import Foundation
import Testing

/// Expects that a page shows the lines between a test file's two markers as they stand there.
func expectExample(of testFile: String, in page: String) throws {
  let source = try String(contentsOf: URL(filePath: testFile), encoding: .utf8)
  let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  let begin = try #require(lines.firstIndex { $0.hasSuffix("// README begins") })
  let end = try #require(lines.firstIndex { $0.hasSuffix("// README ends") })
  let indentation = lines[begin].prefix { $0 == " " }.count
  let example = lines[begin + 1..<end].map { String($0.dropFirst(indentation)) }.joined(separator: "\n")

  let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let text = try String(contentsOf: root.appending(path: page), encoding: .utf8)
  let shown = "```swift\nimport Tessera\n\n\(example)\n```"
  #expect(text.contains(shown), "\(page) does not show the example of \(testFile) as it stands there")
}
