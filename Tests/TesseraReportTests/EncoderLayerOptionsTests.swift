import Foundation
import Tessera
import TesseraReport
import Testing

/// The library's own layer with another activation than the sequences, which it keeps or makes again.
@Suite struct EncoderLayerOptionsTests {
  private static func problem(_ options: EncoderLayerOptions) throws -> LayerProblem {
    try LayerProblem(
      batch: 1, length: 32, hidden: 64, heads: 4, feedforward: 128, dropout: 0.25, seed: 7, withEncoderLayer: true,
      encoderLayerOptions: options, pass: .both)
  }

  private static func report(_ options: EncoderLayerOptions, encoderLayer: Bool = true) throws -> LayerReport {
    try LayerReport(
      measured(LayerTable(problem(options), pass: .both), fusions: [.full], encoderLayer: encoderLayer))
  }

  private static func layerOfProblem(_ report: LayerReport) throws -> [String: Any]? {
    let text = try report.rendered(as: .json)
    let root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    return try #require(root["problem"] as? [String: Any])["layer"] as? [String: Any]
  }

  /// What one layer's passes wrote: the forward output and the input's gradient.
  private static func results(_ options: EncoderLayerOptions) throws -> [[Float]] {
    let table = LayerTable(try problem(options), pass: .both)
    let (memory, context) = (try LayerMemory(table), try context())
    let forward = try PreparedEncoderLayer(table, on: memory, mode: .training, context: context)
    let backward = try PreparedEncoderLayerBackward(of: forward, on: memory, context: context)
    try forward.run()
    try backward.run()
    return [forward.output, backward.output]
  }

  /// Linear 2's input, N · U floats, is not kept; it is made from as many and the bias.
  @Test func whatIsMadeAgainIsNotKept() throws {
    let keeping = try Self.report(EncoderLayerOptions(activation: .gelu))
    let again = try Self.report(EncoderLayerOptions(activation: .gelu, recomputesActivated: true))
    let (kept, made) = (try #require(keeping.encoderLayer?.step), try #require(again.encoderLayer?.step))
    let (tokens, inner) = (32, 128)
    #expect(kept.keptBytes - made.keptBytes == 4 * tokens * inner)
    #expect(made.backwardLeastBytes - kept.backwardLeastBytes == 4 * (2 * tokens * inner + inner))
    #expect(made.backwardBytes - kept.backwardBytes >= 4 * (2 * tokens * inner + inner))
    // With ReLU there is nothing else to keep.
    let relu = try #require(try Self.report(EncoderLayerOptions()).encoderLayer?.step)
    #expect(relu.keptBytes == made.keptBytes)
  }

  @Test(arguments: [Activation.gelu, .geluTanh, .silu])
  func whatIsMadeAgainHasTheSameBits(activation: Activation) throws {
    let keeping = try Self.results(EncoderLayerOptions(activation: activation))
    let again = try Self.results(EncoderLayerOptions(activation: activation, recomputesActivated: true))
    let relu = try Self.results(EncoderLayerOptions())
    #expect(keeping == again)
    #expect(keeping[0] != relu[0] && keeping[1] != relu[1])
    #expect(Set(again[1]).count > again[1].count / 2)
  }

  @Test func theReportStatesTheOptions() throws {
    let again = try Self.report(EncoderLayerOptions(activation: .geluTanh, recomputesActivated: true))
    let line = "EncoderLayer: activation gelu-tanh, whose result is made again in the backward pass"
    for format in [ReportFormat.text, .markdown] {
      #expect(try again.rendered(as: format).contains(line), "\(format)")
    }
    let layer = try #require(try Self.layerOfProblem(again))
    #expect(Set(layer.keys) == ["activation", "recomputesActivated"])
    #expect(layer["activation"] as? String == "gelu-tanh" && layer["recomputesActivated"] as? Bool == true)

    let keeping = try Self.report(EncoderLayerOptions(activation: .silu))
    let text = try keeping.rendered(as: .text)
    #expect(text.contains("EncoderLayer: activation silu; that of the sequences is relu"))
    #expect(try Self.layerOfProblem(keeping)?["recomputesActivated"] as? Bool == false)

    // The sequences' own activation needs no line, and where the layer did not run nothing is said of it.
    let relu = try Self.report(EncoderLayerOptions())
    #expect(try !relu.rendered(as: .text).contains("EncoderLayer: activation"))
    #expect(try Self.layerOfProblem(relu)?["activation"] as? String == "relu")
    #expect(try Self.layerOfProblem(Self.report(EncoderLayerOptions(), encoderLayer: false)) == nil)
  }

  /// Beside the activation's input its result, kept or held.
  @Test func whatIsKeptCountsAmongWhatMustFit() throws {
    func fits(_ options: EncoderLayerOptions, in limit: Int) -> Bool {
      (try? LayerProblem(
        batch: 1, length: 1, hidden: 8, heads: 1, feedforward: 1 << 20, withEncoderLayer: true,
        encoderLayerOptions: options, pass: .both, memoryLimit: limit)) != nil
    }
    var (low, high) = (0, 1 << 40)
    while high - low > 1 {
      let middle = (low + high) / 2
      if fits(EncoderLayerOptions(), in: middle) { high = middle } else { low = middle }
    }
    for recomputesActivated in [false, true] {
      let options = EncoderLayerOptions(activation: .gelu, recomputesActivated: recomputesActivated)
      #expect(!fits(options, in: high) && fits(options, in: high + 4 << 20))
    }
  }
}
