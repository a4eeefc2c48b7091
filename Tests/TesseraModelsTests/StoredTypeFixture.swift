import Foundation
import Tessera
import TesseraModels

/// Small decoders whose matrices are of one quantised type each, with llama.cpp's logits
/// (Fixtures/StoredTypes/make.py).
struct StoredTypeFixture: Decodable {
  struct Matrix: Decodable {
    let name: String
    let rows: Int

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      (name, rows) = (try values.decode(String.self), try values.decode(Int.self))
    }
  }
  let tokens: [Int]
  /// Those whose logits there are, by type.
  let positions: [Int]
  let logits: [String: [[Float]]]
  private let matrices: [Matrix]
  private let norms: [String]

  static let (layers, width, queryHeads, keyValueHeads) = (2, 256, 4, 2)
  static let all: StoredTypeFixture = {
    try! JSONDecoder().decode(StoredTypeFixture.self, from: Data(contentsOf: folder.appending(path: "logits.json")))
  }()
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/StoredTypes")

  /// The types that are tried.
  static var types: [ElementType] { ElementType.weightTypes.filter { all.logits[$0.name] != nil } }

  /// The model, of rows.gguf's rows of a type.
  func file(_ type: ElementType) throws -> GGUFFile {
    let rows = try GGUFFile(path: Self.folder.appending(path: "rows.gguf").path).tensor(named: type.name)
    var file = GGUFBytes()
    file.append("general.architecture", string: "llama")
    for (key, number) in [
      ("block_count", Self.layers), ("embedding_length", Self.width), ("feed_forward_length", Self.width),
      ("attention.head_count", Self.queryHeads), ("attention.head_count_kv", Self.keyValueHeads),
      ("context_length", 64),
    ] {
      file.append("llama.\(key)", number: UInt32(number))
    }
    file.append("llama.attention.layer_norm_rms_epsilon", float: 1e-5)
    for (number, matrix) in matrices.enumerated() {
      let stored = (0..<matrix.rows).flatMap { row in
        let start = (31 * row + 57 * number) % rows.rows * rows.rowBytes
        return rows.bytes[start..<start + rows.rowBytes]
      }
      file.append(tensor: matrix.name, type, shape: [matrix.rows, Self.width], stored)
    }
    let norm = (0..<Self.width).map { 1 + Float($0 * 5 % 16) / 32 }
    for name in norms { file.append(tensor: name, .float32, shape: [Self.width], norm.withUnsafeBytes { Array($0) }) }
    return try GGUFFile(MappedFile(copying: file.bytes, name: type.name))
  }
}
