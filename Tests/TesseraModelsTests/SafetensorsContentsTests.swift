import Foundation
import TesseraModels
import Testing

/// What is written is read back.
@Suite struct SafetensorsContentsTests {
  private func withPath(_ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "/tessera-contents-\(UUID()).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  @Test func tensorsAndTextsComeBack() throws {
    try withPath { path in
      let values: [Float] = [1, -0.0, .infinity, .leastNonzeroMagnitude, 5, 6]
      var contents = SafetensorsContents()
      contents.metadata = ["a \"key\"": "back\\slash\nand é\u{1}", "other": ""]
      try values.withUnsafeBufferPointer { all in
        contents.append("matrix", shape: [2, 3], all)
        contents.append("none", shape: [0, 4], UnsafeBufferPointer(rebasing: all[..<0]))
        contents.append("vector", shape: [2], UnsafeBufferPointer(rebasing: all[4...]))
        try contents.write(to: path)
      }
      let file = try SafetensorsFile(path: path)
      #expect(Array(file.tensorNames) == ["matrix", "none", "vector"])
      #expect(Set(file.metadataKeys) == Set(contents.metadata.keys))
      for (key, text) in contents.metadata { #expect(file.metadata(forKey: key) == text) }
      let matrix = try file.tensor(named: "matrix")
      #expect(matrix.shape == [2, 3] && matrix.elementType == .float32)
      #expect(try matrix.floats().map(\.bitPattern) == values.map(\.bitPattern))
      #expect(try file.tensor(named: "none").shape == [0, 4])
      #expect(try file.tensor(named: "vector").floats() == [5, 6])
      #expect(matrix.byteRange.lowerBound % 8 == 0)
    }
  }

  @Test func aFileIsReplacedWholeOrNotAtAll() throws {
    try withPath { path in
      try Data("earlier".utf8).write(to: URL(filePath: path))
      // A folder is where the temporary file would be.
      let partial = path + ".partial"
      try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
      #expect(throws: ModelFileError.self) { try SafetensorsContents().write(to: path) }
      #expect(try Data(contentsOf: URL(filePath: path)) == Data("earlier".utf8))
      try FileManager.default.removeItem(atPath: partial)
      try SafetensorsContents().write(to: path)
      #expect(try SafetensorsFile(path: path).tensorNames.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: partial))
    }
  }
}
