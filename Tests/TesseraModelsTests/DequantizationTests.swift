import Tessera
import TesseraModels
import TesseraReference
import Testing

/// Stored elements as floats: against gguf's and numpy's own code, and against the definition in double precision.
@Suite struct DequantizationTests {
  @Test func aSampleOfEveryTypeIsAsItsMakersReadIt() throws {
    let file = try GGUFFile(path: Samples.path("sample.gguf"))
    var expected = try Samples.floats("sample.gguf.expected.f32")[...]
    #expect(Set(file.tensorNames).isSuperset(of: ElementType.weightTypes.map(\.name)))
    for name in file.tensorNames.sorted() {
      let tensor = try file.tensor(named: name)
      if name != "halves" { #expect(tensor.elementType.name == name) }
      let values = try tensor.floats()
      #expect(values.map(\.bitPattern) == expected.prefix(values.count).map(\.bitPattern), "\(name)")
      expected = expected.dropFirst(values.count)
    }
    #expect(expected.isEmpty)
  }

  /// Blocks of any bytes, scales that are infinite or not a number among them. A float has room for all products and
  /// one rounding, so that the definition, rounded once, is met exactly.
  @Test(arguments: ElementType.weightTypes) func anyBlocksAreAsDefined(_ type: ElementType) throws {
    var random = SeededGenerator(seed: 20)
    let blocks = 400
    let stored = (0..<blocks * type.blockBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
    var bytes = GGUFBytes()
    bytes.append(tensor: "x", type, shape: [blocks * type.blockElements], stored)
    let file = try GGUFFile(MappedFile(copying: bytes.bytes, name: "blocks"))
    let values = try file.tensor(named: "x").floats()
    for block in 0..<blocks {
      let bytes = Array(stored[block * type.blockBytes..<(block + 1) * type.blockBytes])
      for index in 0..<type.blockElements {
        let expected = Float(storedElement(index, of: bytes, format: type.name))
        let value = values[block * type.blockElements + index]
        guard value.bitPattern == expected.bitPattern || value.isNaN && expected.isNaN else {
          Issue.record("\(type.name): block \(block), element \(index): expected \(expected), got \(value)")
          return
        }
      }
    }
  }

  @Test func rowsAreThoseAskedFor() throws {
    let file = try GGUFFile(path: Samples.path("sample.gguf"))
    for name in file.tensorNames {
      let tensor = try file.tensor(named: name)
      let all = try tensor.floats()
      for row in 0..<tensor.rows {
        let values = try tensor.floats(rows: row..<row + 1)
        #expect(values.map(\.bitPattern) == all[row * tensor.columns..<(row + 1) * tensor.columns].map(\.bitPattern))
      }
      #expect(try tensor.floats(rows: tensor.rows..<tensor.rows).isEmpty)
    }
  }

  @Test func rowsThatAreNotThereAreRefused() throws {
    let tensor = try GGUFFile(path: Samples.path("sample.gguf")).tensor(named: "Q4_1")
    for rows in [-1..<1, 0..<4, 4..<5] {
      var values = [Float](repeating: 7, count: rows.count * tensor.columns)
      let error = #expect(throws: ModelFileError.self) { try tensor.dequantize(rows: rows, into: values.mutableSpan) }
      #expect(error?.expected == "rows of 0 ..< 3" && error?.actual == "\(rows)")
      #expect(values.allSatisfy { $0 == 7 })
    }
    var values = [Float](repeating: 7, count: 63)
    let error = #expect(throws: ModelFileError.self) { try tensor.dequantize(rows: 0..<1, into: values.mutableSpan) }
    #expect(error?.expected == "64 elements" && error?.actual == "63" && values.allSatisfy { $0 == 7 })
  }
}
