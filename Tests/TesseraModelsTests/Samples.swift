import Foundation
import TesseraModels

/// The committed files.
enum Samples {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/ModelFiles")

  static func path(_ name: String) -> String { folder.appending(path: name).path }

  static func bytes(_ name: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: folder.appending(path: name))) }

  /// Little-endian floats.
  static func floats(_ name: String) throws -> [Float] {
    try bytes(name).withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { Float(bitPattern: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
    }
  }

  /// The hostile files, by name.
  static func adversarial() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "adversarial").path).sorted()
      .map { "adversarial/\($0)" }
  }
}

extension ModelTensor {
  func floats(rows: Range<Int>? = nil) throws -> [Float] {
    let rows = rows ?? 0..<self.rows
    var values = [Float](repeating: .nan, count: rows.count * columns)
    try dequantize(rows: rows, into: values.mutableSpan)
    return values
  }
}
