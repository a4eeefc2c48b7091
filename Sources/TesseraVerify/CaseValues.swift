import Tessera

/// What a case's inputs hold.
public enum CaseValues: String, Sendable {
  /// Numbers in −1 ..< 1.
  case uniform
  /// The same, stretched to −8 ..< 8: exponentials that differ by a factor of ten million.
  case wide
  /// Activations whose rows are of one kind after the other, see `RowKind`; parameters as in `uniform`.
  case special
  /// The same of the columns of an output's gradient, which are rows of the weights' gradient.
  case specialColumns = "special columns'"

  /// Which rows are drawn alike; errors are compared among those.
  func kind(ofRow row: Int) -> RowKind {
    [.special, .specialColumns].contains(self) ? RowKind.allCases[row % RowKind.allCases.count] : .ordinary
  }
}

/// How a row of special values is made from numbers in −1 ..< 1.
enum RowKind: CaseIterable {
  case ordinary
  /// One element of the row.
  case oneNaN, oneInfinity, oneMinusInfinity
  case allMinusInfinity
  /// All but one: what a mask leaves of a row.
  case nearlyAllMinusInfinity
  /// ±1e4 in turn.
  case large
  /// One element of 1e4 among ordinary ones.
  case dominated
  /// Below the least normal number.
  case subnormal
  case allEqual

  func apply(to row: inout ArraySlice<Float>) {
    guard let first = row.indices.first else { return }
    // Neither the first nor the last vector, where the row has more.
    let chosen = first + row.count / 2
    switch self {
    case .ordinary: break
    case .oneNaN: row[chosen] = .nan
    case .oneInfinity: row[chosen] = .infinity
    case .oneMinusInfinity: row[chosen] = -.infinity
    case .allMinusInfinity: for index in row.indices { row[index] = -.infinity }
    case .nearlyAllMinusInfinity: for index in row.indices where index != chosen { row[index] = -.infinity }
    case .large: for index in row.indices { row[index] = index % 2 == 0 ? 1e4 : -1e4 }
    case .dominated: row[chosen] = 1e4
    case .subnormal: for index in row.indices { row[index] *= 0x1p-130 }
    case .allEqual: for index in row.indices { row[index] = 0.75 }
    }
  }
}

extension CaseValues {
  private static let specialNames = ["input", "gate", "left", "first", "gradients", "output-gradient"]

  /// The operand's values, a function of seed, case and operand. Of the activations only the one called `input`,
  /// `gate`, `left`, `first`, `gradients` or `output-gradient`, whose rows are the result's, is special: one special
  /// value a row is enough to reach all of it.
  func make(count: Int, columns: Int, operand: Operand, seed: UInt64) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    values.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed) }
    if self == .special, operand.role == .rowStatistic, operand.name.hasSuffix("log-sum-exp") {
      // Log-sum-exps of parts that saw nothing: in some rows of both, in others of one.
      let period = operand.name.hasPrefix("first") ? 3 : 4
      for row in stride(from: 0, to: count, by: period) { values[row] = -.infinity }
    }
    guard operand.role == .activation else { return values }
    switch self {
    case .uniform: break
    case .wide: for index in values.indices { values[index] *= 8 }
    case .special:
      guard Self.specialNames.contains(operand.name), columns > 0 else { break }
      for row in 0..<count / columns {
        kind(ofRow: row).apply(to: &values[row * columns..<(row + 1) * columns])
      }
    case .specialColumns:
      guard operand.name == "output-gradient" else { break }
      for column in 0..<columns {
        let places = stride(from: column, to: count, by: columns)
        var special = places.map { values[$0] }[...]
        kind(ofRow: column).apply(to: &special)
        for (place, value) in zip(places, special) { values[place] = value }
      }
    }
    return values
  }
}
