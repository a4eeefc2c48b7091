import Foundation
import Tessera
import TesseraReport

/// The lines of a table in the fixtures, split into fields, without comments and header.
func fixtureTable(_ name: String, file: String = #filePath) throws -> [[String]] {
  let folder = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
  let text = try String(contentsOf: folder.appendingPathComponent("Fixtures/\(name)"), encoding: .utf8)
  return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.dropFirst().map { csvFields(String($0)) }
}

/// The fields of one line of RFC 4180, whose quoted fields hold no line break.
func csvFields(_ line: String) -> [String] {
  var fields = [""]
  var isQuoted = false
  var previous: Character?
  for character in line {
    switch character {
    case "\"":
      // The second of two quotes stands for one.
      if !isQuoted, previous == "\"" { fields[fields.count - 1].append("\"") }
      isQuoted.toggle()
    case "," where !isQuoted: fields.append("")
    default: fields[fields.count - 1].append(character)
    }
    previous = character
  }
  return fields
}

/// A layer small enough to run in a blink, with every extent different from the others.
func tinyProblem(dropout: Double = 0.25) throws -> LayerProblem {
  try LayerProblem(batch: 1, length: 32, hidden: 64, heads: 4, feedforward: 128, dropout: dropout, seed: 7)
}

func context(threads: Int = 2) throws -> ExecutionContext {
  try ExecutionContext(pool: WorkerPool(threadCount: threads))
}

/// Peaks of arrays so small that they stay in the caches: no test depends on how fast anything is.
func smallMeasurement(_ context: ExecutionContext) throws -> MachineMeasurement {
  try MachineMeasurement(pool: context.pool, arrayByteCount: 1 << 20)
}

func measured(
  _ layer: LayerTable, fusions: [LayerFusion] = allFusions, encoderLayer: Bool = false, runs: Int = 1
) throws -> LayerMeasurement {
  let context = try context()
  return try LayerMeasurement(
    layer, fusions: fusions, encoderLayer: encoderLayer, runs: runs, context: context,
    measurement: smallMeasurement(context))
}

func measured(_ problem: DecoderProblem, runs: Int = 1) throws -> DecoderMeasurement {
  let context = try context()
  return try DecoderMeasurement(problem, runs: runs, context: context, measurement: smallMeasurement(context))
}

/// The paper's kernels with either attention, and all on the products.
let allFusions = LayerAttention.allCases.map { LayerFusion.paper($0) } + [.full]

/// A report on the tiny layer with every sequence, measured once for all tests that read one.
let tinyReport = Result { try measuredReport(on: allFusions) }

func measuredReport(on fusions: [LayerFusion], runs: Int = 2) throws -> LayerReport {
  try LayerReport(measured(LayerTable(tinyProblem()), fusions: fusions, runs: runs))
}

/// The bytes of a file in the fixtures.
func fixtureData(_ name: String, file: String = #filePath) throws -> Data {
  let folder = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
  return try Data(contentsOf: folder.appendingPathComponent("Fixtures/\(name)"))
}

/// The tiny report's layer beside a peer's, measured anew.
func tinyReport(beside peer: PeerMeasurement) throws -> LayerReport {
  try LayerReport(measured(LayerTable(tinyProblem())), peer: peer)
}

/// A report with PyTorch's column, measured once for all tests that read one.
let tinyReportBesidePyTorch = Result {
  let text = try fixtureData("pytorch-tiny.json")
  return try tinyReport(
    beside: PeerMeasurement(text: text, file: "peer.json", problem: tinyProblem(), threads: 2))
}

/// A sweep over few tokens and small layers, measured once.
let tinySweep = Result {
  let context = try context()
  return try TokenSweep(
    SweepProblem(hidden: 64, feedforward: 128, limit: 8), runs: 2, context: context,
    measurement: smallMeasurement(context))
}
