import Foundation
import Tessera
import TesseraModels
import TesseraReference
import Testing

/// Every architecture and what its files may say, against llama.cpp and against the oracle; and what they may not say.
@Suite struct TinyDecoderTests {
  private static let ids = TinyDecoder.fixture.ids

  private static func logits(_ model: DecoderModel) throws -> [Double] {
    let decoder = try TransformerDecoder(model, cacheShape: model.cacheShape(capacity: ids.count), chunkLength: 5)
    var all: [Double] = []
    try decoder.prefill(ids) { all += $1.map(Double.init) }
    return all
  }

  /// The largest difference, as a share of the largest expected value; infinite where a value is not a number.
  private static func difference(_ values: some Collection<Double>, _ expected: some Collection<Double>) -> Double {
    guard values.count == expected.count, values.allSatisfy(\.isFinite) else { return .infinity }
    return zip(values, expected).map { abs($0 - $1) }.max()! / expected.map(abs).max()!
  }

  @Test(arguments: TinyDecoder.fixture.models) func logitsAreThoseOfLlamaCpp(tiny: TinyDecoder) throws {
    let model = try tiny.model()
    let logits = try Self.logits(model)
    let expected = tiny.logits.flatMap { $0 }
    // The largest is 3.4e-7.
    #expect(Self.difference(logits.suffix(expected.count), expected) < 1e-5)
  }

  @Test(arguments: TinyDecoder.fixture.models) func logitsAreTheOracles(tiny: TinyDecoder) throws {
    let file = try GGUFFile(MappedFile(copying: tiny.bytes(), name: tiny.name))
    let oracle = try ReferenceDecoder(file)
    #expect(Self.difference(try Self.logits(DecoderModel(file)), oracle.logits(of: Self.ids)) < 1e-5)
  }

  /// One token at a time, from passes that are planned anew as the rotary table grows.
  @Test func tablesGrowWithoutAChange() throws {
    var tiny = TinyDecoder.named("qwen3")
    tiny.keys.removeAll { $0.name == "qwen3.context_length" }
    tiny.keys.append(.init("qwen3.context_length", .number(1 << 24)))
    let model = try tiny.model()
    let tokens = (0..<1030).map { $0 * 7 % 64 }
    func last(chunks: [Int]) throws -> [UInt32] {
      let decoder = try TransformerDecoder(model, cacheShape: model.cacheShape(capacity: 1100), chunkLength: 16)
      var (place, logits) = (0, [UInt32]())
      for chunk in chunks {
        logits = try decoder.prefill(Array(tokens[place..<place + chunk])).map(\.bitPattern)
        place += chunk
      }
      #expect(place == tokens.count)
      return logits
    }
    let parts = try last(chunks: [1024] + [Int](repeating: 1, count: 6))
    #expect(try parts == last(chunks: [16, 1008] + [Int](repeating: 1, count: 6)))
    // In one call: the rows of a chunk are other ones, and so is the rounding.
    let whole = try last(chunks: [1030])
    #expect(zip(parts, whole).allSatisfy { abs(Float(bitPattern: $0) - Float(bitPattern: $1)) < 1e-4 })
  }

  private func expectRefusal(
    _ subject: String, _ change: (inout TinyDecoder) -> Void, of name: String = "llama",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var tiny = TinyDecoder.named(name)
    change(&tiny)
    let error = #expect(throws: ModelFileError.self, sourceLocation: sourceLocation) { _ = try tiny.model() }
    #expect(error?.subject.contains(subject) == true, "\(String(describing: error))", sourceLocation: sourceLocation)
  }

  @Test func nothingIsPassedOver() {
    for tensor in [
      "blk.0.attn_q_norm.weight", "blk.1.ffn_gate_exps.weight", "rope_factors_long.weight", "output.bias",
      "blk.2.attn_norm.weight", "blk.0.attn_qkv.weight",
    ] {
      expectRefusal(tensor) { $0.tensors.append(.init(tensor, [32])) }
    }
    expectRefusal("blk.0.ffn_up.bias", { $0.tensors.append(.init("blk.0.ffn_up.bias", [64])) }, of: "qwen2")
    expectRefusal("blk.0.attn_q.bias", { $0.tensors.append(.init("blk.0.attn_q.bias", [64])) }, of: "qwen3")
    expectRefusal("rope_freqs.weight", { $0.tensors.append(.init("rope_freqs.weight", [4])) }, of: "qwen2")
    expectRefusal(
      "blk.0.attn_k_norm.weight", { $0.tensors.removeAll { $0.name == "blk.0.attn_k_norm.weight" } }, of: "qwen3")
    let keys: [(String, TinyDecoder.Key.Value)] = [
      ("expert_count", .number(8)), ("logit_scale", .float(0.5)), ("attention.sliding_window", .number(16)),
      ("rope.scaling.attn_factor", .float(2)), ("rope.scaling.type", .string("yarn")),
      ("attention.key_length_mla", .number(1)), ("attention.clamp_kqv", .float(1)),
      ("rope.scaling.factor", .float(-1)), ("rope.scaling.factor", .float(.nan)),
      ("attention.layer_norm_epsilon", .float(1e-5)),
    ]
    for (key, value) in keys { expectRefusal("llama.\(key)") { $0.keys.append(.init("llama.\(key)", value)) } }
    expectRefusal("llama.attention.head_count") { tiny in
      tiny.keys.removeAll { $0.name == "llama.attention.head_count" }
      tiny.keys.append(.init("llama.attention.head_count", .numbers([4, 2])))
    }
    for wrong: (String, TinyDecoder.Key.Value) in [
      ("attention.head_count", .numbers([4, 4, 4])), ("attention.head_count", .numbers([])),
      ("context_length", .numbers([64, 64])),
    ] {
      expectRefusal("llama.\(wrong.0)") { tiny in
        tiny.keys.removeAll { $0.name == "llama.\(wrong.0)" }
        tiny.keys.append(.init("llama.\(wrong.0)", wrong.1))
      }
    }
    expectRefusal("llama.rope.dimension_count") { $0.keys.append(.init("llama.rope.dimension_count", .number(4))) }
    for value: Float in [0, -1, .infinity, .nan] {
      expectRefusal("rope_freqs.weight") {
        $0.tensors.append(.init("rope_freqs.weight", [4], centre: Double(value), reach: 0))
      }
    }
  }

  /// What changes nothing is let through.
  @Test func whatChangesNothingIsRead() throws {
    var tiny = TinyDecoder.named("llama")
    tiny.keys += [
      .init("llama.vocab_size", .number(64)), .init("llama.expert_count", .number(0)),
      .init("llama.attention.sliding_window", .number(64)), .init("llama.rope.scaling.attn_factor", .float(1)),
      .init("llama.rope.scaling.original_context_length", .number(8)), .init("qwen2.logit_scale", .float(2)),
    ]
    #expect(try Self.logits(tiny.model()) == Self.logits(TinyDecoder.named("llama").model()))
  }

  @Test func splitFilesAreOne() throws {
    let tiny = TinyDecoder.named("qwen2, tied")
    let folder = URL(filePath: NSTemporaryDirectory()).appending(path: "tessera-split-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func path(_ part: Int, of count: Int = 3) -> String {
      folder.appending(path: "m-0000\(part)-of-0000\(count).gguf").path
    }
    /// Only the first part has the model's keys.
    func write(_ part: Int, number: Int, _ tensors: some Collection<TinyDecoder.TensorShape>) throws {
      var model = tiny
      if part > 1 { model.keys = [] }
      let split: [TinyDecoder.Key] = [
        .init("split.no", .number(UInt32(number))), .init("split.count", .number(3)),
        .init("split.tensors.count", .number(UInt32(tiny.tensors.count))),
      ]
      try Data(model.bytes(Array(tensors), more: split)).write(to: URL(filePath: path(part)))
    }
    func refuse(_ subject: String, sourceLocation: SourceLocation = #_sourceLocation) {
      let error = #expect(throws: ModelFileError.self, sourceLocation: sourceLocation) {
        _ = try GGUFFile(path: path(1))
      }
      #expect(error?.subject.contains(subject) == true, "\(String(describing: error))", sourceLocation: sourceLocation)
    }
    let tensors = tiny.tensors
    try write(1, number: 0, tensors[..<3])
    try write(2, number: 1, tensors[3..<9])
    refuse("file")
    try write(3, number: 2, tensors[9...])
    let file = try GGUFFile(path: path(1))
    #expect(Array(file.tensorNames) == tensors.map(\.name) && file.contains(tensors[5].name))
    #expect(try Self.logits(DecoderModel(file)) == Self.logits(tiny.model()))
    // Not by another part, not with a part in another's place, twice the same tensor, or one too few.
    #expect(throws: ModelFileError.self) { _ = try GGUFFile(path: path(2)) }
    // A number that no part has, the greatest.
    var wild = tiny
    wild.keys += [.init("split.no", .number(.max)), .init("split.count", .number(2))]
    #expect(throws: ModelFileError.self) { _ = try GGUFFile(MappedFile(copying: wild.bytes(), name: "wild")) }
    try write(3, number: 1, tensors[9...])
    refuse("split.no")
    try write(3, number: 2, tensors[8...])
    refuse(tensors[8].name)
    try write(3, number: 2, tensors[10...])
    refuse("split.tensors.count")
    try FileManager.default.moveItem(atPath: path(1), toPath: folder.appending(path: "m.gguf").path)
    let error = #expect(throws: ModelFileError.self) { _ = try GGUFFile(path: folder.appending(path: "m.gguf").path) }
    #expect(error?.expected.contains("-00001-of-00003.gguf") == true)
  }
}
