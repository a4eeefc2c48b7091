import Foundation
import Tessera

extension PeerMeasurement {
  /// Reads what `Benchmarks/Peers/pytorch.py` writes; docs/report.md describes every key.
  ///
  /// Throws for a file that cannot be read or is larger than 1 MiB, for what is not such JSON, for rows that are
  /// missing or that the table does not have, and for another layer or number of threads than `problem` and `threads`,
  /// whose times could not stand beside ours.
  public init(file: String, problem: LayerProblem, threads: Int) throws(TesseraError) {
    try self.init(text: try boundedContents(of: file, limit: 1 << 20), file: file, problem: problem, threads: threads)
  }

  /// `file` is what errors call it.
  package init(text: Data, file: String, problem: LayerProblem, threads: Int) throws(TesseraError) {
    let value: JSONValue
    do { value = try JSONDecoder().decode(JSONValue.self, from: text) } catch {
      throw .invalidOperand(
        operation: file, operand: "the file", expected: "JSON", actual: "\(text.count) bytes that are not")
    }
    let top = JSONPlace(file: file, key: "", value: value)
    guard try top["schema"].number() == 1 else { throw try top["schema"].failure(expected: "1") }
    try Self.checkProblem(try top["problem"], problem)
    let machine = try top["machine"]
    self.threads = try machine["threads"].count()
    guard self.threads == threads else {
      throw try machine["threads"].failure(expected: "\(threads), as in this run", actual: "\(self.threads)")
    }
    processor = try machine["cpu"].string()
    name = try top["peer"].string()
    versions = try Self.strings(try top["versions"])
    runs = try top["runs"].count()
    var settings: [Setting] = []
    for place in try top["settings"].elements() {
      let setting = try Self.setting(place)
      guard !settings.contains(where: { $0.name == setting.name }) else {
        throw try place["name"].failure(expected: "a name of its own")
      }
      settings.append(setting)
    }
    self.settings = settings
    let wanted = try top["fastest"].string()
    guard let fastest = settings.first(where: { $0.name == wanted }) else {
      throw try top["fastest"].failure(expected: "one of " + settings.map(\.name).joined(separator: ", "))
    }
    if let faster = settings.first(where: { $0.rowsMicroseconds < fastest.rowsMicroseconds }) {
      throw try top["fastest"].failure(
        expected: "the setting whose rows together take least, \(faster.name)", actual: wanted)
    }
    self.fastest = fastest
  }

  private static func checkProblem(_ place: JSONPlace, _ problem: LayerProblem) throws(TesseraError) {
    for (name, extent) in [
      ("batch", problem.batch), ("length", problem.length), ("hidden", problem.hidden), ("heads", problem.heads),
      ("feedforward", problem.feedforward),
    ] {
      let actual = try place[name].count()
      guard actual == extent else {
        throw try place[name].failure(expected: "\(extent), as in this run", actual: "\(actual)")
      }
    }
    guard try place["dropout"].number() == problem.dropout else {
      throw try place["dropout"].failure(expected: "\(problem.dropout), as in this run")
    }
  }

  private static func setting(_ place: JSONPlace) throws(TesseraError) -> Setting {
    let ids = PaperRow.forward.map(\.id)
    let list = try place["rows"]
    var rows: [String: Figure] = [:]
    for row in try list.elements() {
      let id = try row["id"].string()
      guard ids.contains(id) else { throw try row["id"].failure(expected: "a row of the table") }
      guard rows.updateValue(try figure(row), forKey: id) == nil else {
        throw try row["id"].failure(expected: "each row once")
      }
    }
    for id in ids where rows[id] == nil { throw list.failure(expected: "a row \"\(id)\"", actual: "none") }
    var layer: [LayerMode: Figure] = [:]
    for (name, member) in try place["layer"].members() {
      guard let mode = LayerMode(rawValue: name) else {
        throw member.failure(
          expected: "one of " + LayerMode.allCases.map(\.rawValue).joined(separator: ", "),
          actual: "another key")
      }
      if case .null = member.value { continue }
      layer[mode] = try figure(member)
    }
    return Setting(
      name: try place["name"].string(), environment: try strings(try place["environment"]), rows: rows, layer: layer)
  }

  private static func figure(_ place: JSONPlace) throws(TesseraError) -> Figure {
    let (minimum, maximum) = (try place["minimumMicroseconds"], try place["maximumMicroseconds"])
    let middle = try place["medianMicroseconds"]
    let figure = Figure(
      median: try middle.microseconds(), minimum: try minimum.microseconds(), maximum: try maximum.microseconds(),
      runs: try place["runs"].count())
    guard figure.minimum <= figure.median, figure.median <= figure.maximum else {
      throw middle.failure(expected: "a number from minimum to maximum")
    }
    return figure
  }

  private static func strings(_ place: JSONPlace) throws(TesseraError) -> [String: String] {
    var strings: [String: String] = [:]
    for (name, member) in try place.members() {
      guard name.isPlainAndShort else {
        throw place.failure(expected: "keys of at most 200 characters without control characters", actual: "others")
      }
      strings[name] = try member.string()
    }
    return strings
  }
}
