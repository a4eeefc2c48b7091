/// The key `peer` of the report's JSON.
struct PeerDocument: Encodable {
  struct Machine: Encodable {
    var cpu: String
    var threads: Int
  }
  struct Setting: Encodable {
    var name: String
    var environment: [String: String]
    /// Sum of the rows' medians under it.
    var rowsMicroseconds: Double
  }
  struct Whole: Encodable {
    var microseconds: Double
    var spread: Double
    var setting: String
    var ratio: Double?
  }

  var name: String
  var versions: [String: String]
  var machine: Machine
  var runs: Int
  var settings: [Setting]
  var fastest: String
  var rowsMicroseconds: Double
  var layer: [String: Whole]

  init(_ figures: PeerFigures) {
    let peer = figures.measurement
    name = peer.name
    versions = peer.versions
    machine = Machine(cpu: peer.processor, threads: peer.threads)
    runs = peer.runs
    settings = peer.settings.map { setting in
      Setting(
        name: setting.name, environment: setting.environment,
        rowsMicroseconds: setting.rowsMicroseconds)
    }
    fastest = peer.fastest.name
    rowsMicroseconds = figures.rowsMicroseconds
    layer = Dictionary(
      uniqueKeysWithValues: figures.layer.map { whole in
        (
          whole.mode.rawValue,
          Whole(
            microseconds: whole.microseconds, spread: whole.spread, setting: whole.setting, ratio: whole.ratio)
        )
      })
  }
}
