import Tessera
import TesseraReference

/// What the operands of an attention case hold.
public enum AttentionValues: String, CaseIterable, Codable, Sendable {
  /// Numbers in −1 ..< 1.
  case ordinary
  /// Queries stretched, so that probabilities differ by factors of thousands.
  case wide
  /// Scores of ± 1e4 and more.
  case large
  /// All keys alike: every visible one has the same probability.
  case equal
  /// One key in the middle has nearly all of the probability.
  case dominated
  /// NaN and infinities in the keys and values that no query sees, those past the key lengths among them, and in
  /// queries past the query lengths.
  case hiddenPoison = "poison where no query looks"
  /// NaN and infinities in one key, one value and one query of some planes.
  case visiblePoison = "poison that some queries see"

  /// The operand's values in logical order, a function of seed and operand.
  func make(count: Int, columns: Int, operand: Operand, seed: UInt64) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    values.withUnsafeMutableBufferPointer { fillUniform($0, seed: seed) }
    switch (operand.name, self) {
    case ("mask", _):
      // A third is hidden; what is not may be any byte but 0.
      return values.map { $0 < -1.0 / 3 ? 0 : $0 < 0 ? 1 : $0 < 0.5 ? 2 : 255 }
    case ("bias", _):
      // Visible with probability 0, here and there.
      return values.map { $0 < -0.9 ? -.infinity : $0 * 2 }
    case ("slopes", _): return values.map { $0 / 4 }
    case ("sinks", .wide), ("sinks", .dominated): return values.map { $0 * 50 }
    case ("sinks", .equal):
      // None, and one that takes everything.
      return values.indices.map { $0 % 3 == 1 ? -.infinity : $0 % 3 == 2 ? .infinity : values[$0] }
    // Beside what is not finite some are none.
    case ("sinks", .visiblePoison): return values.indices.map { $0 % 3 == 1 ? -.infinity : values[$0] * 4 }
    case ("sinks", _): return values.map { $0 * 4 }
    case ("queries", .wide): return values.map { $0 * 16 }
    case ("queries", .large): return values.map { $0 * 30_000 }
    case ("queries", .dominated): return values.map { $0.magnitude }
    default: return values
    }
  }
}

extension AttentionValues {
  /// Changes what depends on which keys are seen; operands are in logical order, and as they lie in memory.
  func settle(_ values: inout [String: [Float]], problem: AttentionProblem) {
    let (keyLength, depth) = (problem.keyLength, problem.headDimension)
    let planes = problem.batch * problem.keyValueHeads
    guard keyLength > 0, planes > 0 else { return }
    let columns = problem.valueDimension
    func row(_ plane: Int, _ key: Int) -> Int {
      attentionKeyRow(
        problem, key: key, head: plane % problem.keyValueHeads, sequence: plane / problem.keyValueHeads)
    }
    func keyRow(_ plane: Int, _ key: Int) -> Int { row(plane, key) * depth }
    func valueRow(_ plane: Int, _ key: Int) -> Int { row(plane, key) * columns }
    /// Keys that there are places for: of packed sequences no more than they have.
    func room(_ plane: Int) -> Int { problem.keyRoom(ofSequence: plane / problem.keyValueHeads) }
    switch self {
    case .ordinary, .wide, .large: break
    case .equal:
      for index in values["keys"]!.indices { values["keys"]![index] = index % depth % 2 == 0 ? 0.75 : -0.5 }
    case .dominated:
      for plane in 0..<planes where room(plane) > 0 {
        let start = keyRow(plane, room(plane) / 2)
        for d in 0..<depth { values["keys"]![start + d] = 60 }
      }
    case .hiddenPoison:
      let seen = problem.seenKeys(mask: values["mask"]!)
      let kinds: [Float] = [.nan, .infinity, -.infinity]
      for plane in 0..<planes {
        for key in 0..<room(plane) where !seen[plane * keyLength + key] {
          for d in 0..<depth { values["keys"]![keyRow(plane, key) + d] = kinds[(key + d) % 3] }
          for column in 0..<columns { values["values"]![valueRow(plane, key) + column] = kinds[(key + column) % 3] }
        }
      }
      // What is past the queries, and what of a gradient's call belongs to a query that sees nothing.
      let isGradient = values["output-gradient"] != nil
      for row in problem.rowsThatSeeNothing(mask: values["mask"]!, onlyAbsent: !isGradient) {
        for d in 0..<depth { values["queries"]![row * depth + d] = kinds[(row + d) % 3] }
        guard isGradient else { continue }
        for column in 0..<columns { values["output-gradient"]![row * columns + column] = kinds[(row + column) % 3] }
      }
    case .visiblePoison:
      for plane in 0..<planes where room(plane) > 0 {
        // Planes of 0 mod 5 stay as they are: beside poison there must be rows that it does not reach.
        let key = (plane * 37 + 1) % room(plane)
        switch plane % 5 {
        case 1: values["values"]![valueRow(plane, key) + columns / 2] = .nan
        case 2: values["values"]![valueRow(plane, key)] = .infinity
        case 3: values["keys"]![keyRow(plane, key) + depth / 2] = .nan
        case 4: values["keys"]![keyRow(plane, key)] = .infinity
        default: break
        }
      }
      // Of the first plane's rows, which are all tokens of packed sequences.
      let queryLength = problem.queries.rows
      if queryLength > 2 { values["queries"]![queryLength / 2 * depth] = .nan }
      // One row of the last plane.
      if let count = values["output-gradient"]?.count, count > columns {
        values["output-gradient"]![count - columns] = .nan
      }
    }
  }
}

extension AttentionProblem {
  /// Rows of queries that see no key, those past a sequence's queries among them; or these only.
  fileprivate func rowsThatSeeNothing(mask: [Float], onlyAbsent: Bool) -> [Int] {
    (0..<batch * queryHeads * queryLength).compactMap { row in
      let (sequence, query) = (row / queryLength / queryHeads, row % queryLength)
      let isAbsent = query >= queryLengths?[sequence] ?? queryLength
      if queryStarts == nil ? onlyAbsent && !isAbsent : isAbsent || onlyAbsent { return nil }
      let sees = (0..<keyLength).contains { key in
        if booleanMask != nil, mask[row * keyLength + key] == 0 { return false }
        return attentionSees(
          self, query: query, key: key, head: row / queryLength % queryHeads, sequence: sequence)
      }
      return sees
        ? nil : attentionQueryRow(self, query: query, head: row / queryLength % queryHeads, sequence: sequence)
    }
  }

  /// Whether some query sees it, for each key of each key-value head.
  fileprivate func seenKeys(mask: [Float]) -> [Bool] {
    var seen = [Bool](repeating: false, count: batch * keyValueHeads * keyLength)
    for sequence in 0..<batch {
      for head in 0..<queryHeads {
        let sharedPlane = sequence * keyValueHeads + head / (queryHeads / keyValueHeads)
        for query in 0..<queryLength {
          for key in 0..<keyLength where !seen[sharedPlane * keyLength + key] {
            let place = ((sequence * queryHeads + head) * queryLength + query) * keyLength + key
            if booleanMask != nil, mask[place] == 0 { continue }
            seen[sharedPlane * keyLength + key] = attentionSees(
              self, query: query, key: key, head: head, sequence: sequence)
          }
        }
      }
    }
    return seen
  }
}
