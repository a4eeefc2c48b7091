/// The mixes of loads and stores whose best bandwidth the machine model measures: B̂ of an operator is its own mix's.
public enum BandwidthKind: String, CaseIterable, Codable, Sendable {
  case read
  /// One load and one store of the same lines.
  case inPlace
  /// One load and one store, out of place.
  case copy
  case twoToOne
  case oneToTwo

  /// Bytes read : bytes written of the measuring loop.
  package var mix: (read: Double, written: Double) {
    switch self {
    case .read: (1, 0)
    case .inPlace, .copy: (1, 1)
    case .twoToOne: (2, 1)
    case .oneToTwo: (1, 2)
    }
  }

  /// The kind whose share of reads is nearest to that of an operator with these least bytes.
  public init(readBytes: Int, writtenBytes: Int, inPlace: Bool) {
    guard !inPlace else {
      self = .inPlace
      return
    }
    let total = max(1, readBytes + writtenBytes)
    let share = Double(readBytes) / Double(total)
    func distance(_ kind: BandwidthKind) -> Double { abs(kind.mix.read / (kind.mix.read + kind.mix.written) - share) }
    self = [.copy, .read, .twoToOne, .oneToTwo].min { distance($0) < distance($1) }!
  }
}
