import Foundation
import Tessera
import TesseraModels
import TesseraReport
import Testing

/// So many that a prompt's linear maps are the engine's.
private let tokenCount = StoredLinearPlan.fewRows + 1

/// One pass of a prompt, and one token after it.
private let reports = Result {
  try DecoderPhase.allCases.map { phase in
    let problem = try DecoderProblem(TinyModel.model.get(), phase: phase, context: tokenCount)
    return try DecoderReport(measured(problem, runs: 3))
  }
}

@Suite struct DecoderReportTests {
  private let reports: [DecoderReport]

  init() throws { reports = try TesseraReportTests.reports.get() }

  private static func layer(_ phase: DecoderPhase) -> [String] {
    [
      "attention-norm", "queries", "keys", "values", "cache-append", "rotary", "attention", "attention-output",
      "feed-forward-norm",
    ] + (phase == .decode ? ["gate", "up", "swiglu"] : ["gated"]) + ["down"]
  }

  @Test func rowsAreAPassesCalls() {
    for report in reports {
      #expect(report.layer.map(\.id) == Self.layer(report.problem.phase))
      #expect(report.once.map(\.id) == ["embedding", "output-norm", "logits"])
      let classes = Dictionary(uniqueKeysWithValues: (report.layer + report.once).map { ($0.id, $0.operatorClass) })
      for (id, operatorClass) in classes {
        let expected: OperatorClass =
          id.hasSuffix("norm")
          ? .statisticalNormalization
          : ["cache-append", "rotary", "swiglu", "embedding"].contains(id) ? .elementWise : .tensorContraction
        #expect(operatorClass == expected, "\(id)")
      }
    }
  }

  /// FLOPs and weights by hand: each map has its own shape but gate and up, which are alike.
  @Test func rowsAreTheirWeights() {
    let (width, inner, keyWidth) = (TinyModel.width, TinyModel.feedForwardWidth, TinyModel.width / 2)
    for report in reports {
      let tokens = report.problem.tokenCount
      let rows = Dictionary(uniqueKeysWithValues: (report.layer + report.once).map { ($0.id, $0) })
      for (id, parameters, types) in [
        ("queries", width * width, [ElementType.q4_1]), ("keys", keyWidth * width, [.q4_1]),
        ("values", keyWidth * width, [.q4_0]), ("attention-output", width * width, [.q4_1]),
        ("gate", inner * width, [.q4_1]), ("up", inner * width, [.q4_1]), ("down", inner * width, [.q8_0, .q4_1]),
      ] where rows[id] != nil {
        // A block's last map adds to the residual stream where there are many rows.
        let isAdding = tokens > StoredLinearPlan.fewRows && ["attention-output", "down"].contains(id)
        #expect(
          rows[id]!.floatingPointOperations == 2 * tokens * parameters + (isAdding ? tokens * width : 0), "\(id)")
        #expect(rows[id]!.weightTypes == types, "\(id)")
        // Whatever the rows, bytes are counted.
        #expect(!rows[id]!.figures.modelled, "\(id)")
      }
      // The product of gate and up, an operation an element, is a row of its own or none.
      let gated = 4 * tokens * inner * width + tokens * inner
      let parts = ["gate", "up", "swiglu"].reduce(0) { $0 + (rows[$1]?.floatingPointOperations ?? 0) }
      #expect(rows["gated"]?.floatingPointOperations ?? parts == gated)
      #expect((rows["gated"] != nil) == (report.problem.phase == .prefill))
      // Only the last token has logits.
      #expect(rows["logits"]!.floatingPointOperations == 2 * TinyModel.vocabulary * width)
      #expect(rows["logits"]!.weightTypes == [.q8_0] && rows["embedding"]!.weightTypes == [.q8_0])
      let pairs = (0..<tokens).reduce(0) { $0 + report.problem.cachedCount + $1 + 1 }
      #expect(rows["attention"]!.floatingPointOperations == 4 * pairs * width)
    }
  }

  /// What a decoder's own ledger has of the same pass.
  @Test func countsAreTheDecoders() throws {
    let model = try TinyModel.model.get()
    for report in reports {
      let ledger = Ledger()
      var context = try context()
      context.ledger = ledger
      // As much room as the report's cache has: bytes of attention follow from it.
      let decoder = try TransformerDecoder(
        model, cacheShape: model.cacheShape(capacity: tokenCount + 1), context: context)
      try decoder.prefill(Array(1...tokenCount))
      if report.problem.phase == .decode {
        ledger.reset()
        _ = try decoder.step([5])
      }
      let entries = ledger.entries.values
      #expect(report.totals.floatingPointOperations == entries.reduce(0) { $0 + $1.floatingPointOperations })
      #expect(report.totals.bytes == entries.reduce(0) { $0 + $1.traffic.byteCount })
      #expect(report.totals.leastBytes == entries.reduce(0) { $0 + $1.leastBytes })
      // Rows hold means, rounded to whole bytes.
      let sum = report.layer.reduce(0) { $0 + $1.figures.bytes } * TinyModel.layers
      let once = report.once.reduce(0) { $0 + $1.figures.bytes }
      #expect(abs(sum + once - report.totals.bytes) <= TinyModel.layers * report.layer.count)
    }
  }

  @Test func sharesAndTotalsAddUp() {
    for report in reports {
      let rows = report.layer + report.once
      #expect(abs(rows.reduce(0) { $0 + $1.passPercent } - 100) < 1e-9)
      for classes in [report.layerClasses, report.passClasses] {
        #expect(classes.map(\.operatorClass) == OperatorClass.allCases)
        for column in [\DecoderClassShares.flopPercent, \.bytePercent, \.runtimePercent] {
          #expect(abs(classes.reduce(0) { $0 + $1[keyPath: column] } - 100) < 1e-9)
        }
      }
      let totals = report.totals
      let layer = report.layer.reduce(0) { $0 + $1.figures.microseconds }
      let once = report.once.reduce(0) { $0 + $1.figures.microseconds }
      #expect(abs(totals.layerMicroseconds / layer - 1) < 1e-9 && abs(totals.onceMicroseconds / once - 1) < 1e-9)
      #expect(abs(totals.passMicroseconds / (Double(TinyModel.layers) * layer + once) - 1) < 1e-9)
      let norm = report.layer[0]
      let share = norm.figures.microseconds * Double(TinyModel.layers) / totals.passMicroseconds * 100
      #expect(abs(norm.passPercent - share) < 0.011)
      #expect(totals.measuredMicroseconds > 0)
      let perSecond = Double(report.problem.tokenCount) * 1e6 / totals.measuredMicroseconds
      #expect(abs(totals.tokensPerSecond / perSecond - 1) < 1e-9)
    }
  }

  @Test func sharesAreTheRows() throws {
    for report in reports {
      for line in report.layerClasses {
        func percent(_ part: (DecoderReportRow) -> Double) -> Double {
          let all = report.layer.reduce(0) { $0 + part($1) }
          return report.layer.reduce(0) { $0 + ($1.operatorClass == line.operatorClass ? part($1) : 0) } / all * 100
        }
        #expect(abs(line.flopPercent - percent { Double($0.floatingPointOperations) }) < 0.02)
        // Rows hold means, rounded to whole bytes.
        #expect(abs(line.bytePercent - percent { Double($0.figures.bytes) }) < 0.02)
        #expect(abs(line.runtimePercent - percent(\.figures.microseconds)) < 0.02)
      }
    }
  }

  @Test func boundsAreMemorysOrArithmetics() {
    for report in reports {
      for row in report.layer + report.once {
        let bytes = Double(row.figures.leastBytes) / report.machine.peakBandwidth[row.figures.bandwidthKind]! / 1e3
        let arithmetic = Double(row.floatingPointOperations) / report.machine.peakGflops / 1e3
        #expect(abs(row.figures.boundMicroseconds! / max(bytes, arithmetic) - 1) < 1e-9, "\(row.id)")
      }
    }
  }

  @Test func passesThatTheModelHasNoPositionsFor() throws {
    let model = try TinyModel.model.get()
    #expect(throws: Never.self) { try DecoderProblem(model, phase: .prefill, context: 40) }
    #expect(throws: Never.self) { try DecoderProblem(model, phase: .decode, context: 39) }
    for (phase, context, expected) in [
      (DecoderPhase.prefill, 0, "1 to 40"), (.prefill, 41, "1 to 40"), (.decode, -1, "0 to 39"),
      (.decode, 40, "0 to 39"),
    ] {
      let error = #expect(throws: TesseraError.self) { try DecoderProblem(model, phase: phase, context: context) }
      #expect("\(error!)".contains("context") && "\(error!)".contains(expected), "\(error!)")
    }
    #expect(throws: TesseraError.self) {
      try measured(DecoderProblem(model, phase: .decode, context: 0), runs: 0)
    }
  }

  /// What training writes is measured as a GGUF file is.
  @Test func aTrainedDecoderIsMeasured() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = TrainingOptions()
    (options.steps, options.sequences, options.length) = (1, 1, 8)
    let sizes = DecoderConfiguration(
      layers: 1, width: 32, feedForwardWidth: 64, queryHeads: 2, vocabularySize: 256, contextLength: 16)
    let text = TrainingText(bytes: String(repeating: "to be ", count: 9).utf8)
    try Trainer(sizes, on: text, options: options).save(to: folder.path)
    let model = try TextModelFile(path: folder.path + "/" + Trainer.modelName).decoder()
    let report = try DecoderReport(measured(DecoderProblem(model, phase: .decode, context: 4)))
    #expect(report.layer.first { $0.id == "queries" }?.weightTypes == [.float32])
  }
}
