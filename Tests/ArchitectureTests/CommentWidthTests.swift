import Foundation
import Testing

/// The formatter breaks code at 120 columns and leaves comments as they are: this reads their lines.
@Suite struct CommentWidthTests {
  @Test func commentsEndWithinTheLine() throws {
    var lines = 0
    for folder in ["Sources", "Tests", "Benchmarks"] {
      let root = FloorTests.root.appending(path: folder)
      let files = try #require(FileManager.default.enumerator(atPath: root.path))
      for case let file as String in files where file.hasSuffix(".swift") {
        let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
          let comment = line.drop { $0 == " " }
          guard comment.hasPrefix("//") else { continue }
          lines += 1
          // An expression in code, which could only be broken inside.
          let isWhole = comment.hasPrefix("/// `") && comment.hasSuffix("`")
          #expect(line.unicodeScalars.count <= 120 || isWhole, "\(folder)/\(file), line \(number + 1)")
        }
      }
    }
    #expect(lines > 1000)
  }
}
