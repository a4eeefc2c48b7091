import Foundation
import Tessera
import TesseraModels

/// A small random model and what llama.cpp computes with it (Fixtures/Decoder/make_tiny.py).
struct TinyDecoder: Decodable, CustomStringConvertible, Sendable {
  let name, architecture: String
  var keys: [Key]
  var tensors: [TensorShape]
  /// After the last tokens.
  let logits: [[Double]]

  var description: String { name }

  struct Key: Decodable, Sendable {
    var name: String
    var value: Value

    enum Value: Sendable {
      case string(String), float(Float), number(UInt32), numbers([Int32])
    }

    init(_ name: String, _ value: Value) { (self.name, self.value) = (name, value) }

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      name = try container.decode(String.self)
      switch try container.decode(String.self) {
      case "string": value = .string(try container.decode(String.self))
      case "float32": value = .float(try container.decode(Float.self))
      case "uint32": value = .number(try container.decode(UInt32.self))
      default: value = .numbers(try container.decode([Int32].self))
      }
    }
  }

  struct TensorShape: Decodable, Sendable {
    var name: String
    var shape: [Int]
    var centre, reach: Double

    init(_ name: String, _ shape: [Int], centre: Double = 0, reach: Double = 1) {
      (self.name, self.shape, self.centre, self.reach) = (name, shape, centre, reach)
    }

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      (name, shape) = (try container.decode(String.self), try container.decode([Int].self))
      (centre, reach) = (try container.decode(Double.self), try container.decode(Double.self))
    }

    /// Floats around the centre: the upper 24 bits of SplitMix64, started with the name's FNV-1a hash.
    var weights: [Float] {
      var start: UInt64 = 0xCBF2_9CE4_8422_2325
      for byte in name.utf8 { start = (start ^ UInt64(byte)) &* 0x100_0000_01B3 }
      return (0..<shape.reduce(1, *)).map { index in
        var x = start &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
        x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
        x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
        x ^= x >> 31
        return Float(centre + reach * (Double(x >> 40) / 0x1p23 - 1))
      }
    }
  }

  struct Fixture: Decodable {
    let ids: [Int]
    let models: [TinyDecoder]
  }

  static let fixture: Fixture = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try! Data(contentsOf: folder.appending(path: "Fixtures/Decoder/tiny.json"))
    return try! JSONDecoder().decode(Fixture.self, from: data)
  }()

  static func named(_ name: String) -> TinyDecoder { fixture.models.first { $0.name == name }! }

  /// The file, or of a split model one with some of the tensors.
  func bytes(_ tensors: [TensorShape]? = nil, more: [Key] = []) -> [UInt8] {
    var file = GGUFBytes()
    file.append("general.architecture", string: architecture)
    for key in keys + more {
      switch key.value {
      case .string(let string): file.append(key.name, string: string)
      case .float(let float): file.append(key.name, float: float)
      case .number(let number): file.append(key.name, number: number)
      case .numbers(let numbers): file.append(key.name, numbers: numbers)
      }
    }
    for tensor in tensors ?? self.tensors {
      file.append(
        tensor: tensor.name, .float32, shape: tensor.shape, tensor.weights.withUnsafeBytes { Array($0) })
    }
    return file.bytes
  }

  func model() throws -> DecoderModel {
    try DecoderModel(GGUFFile(MappedFile(copying: bytes(), name: name)))
  }
}
