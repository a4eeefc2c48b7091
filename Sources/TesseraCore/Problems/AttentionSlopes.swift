/// Whose slopes ALiBi has, without gaps: of each query head, Hq, or of each query head of each sequence, B × Hq.
public enum AttentionSlopes: String, CaseIterable, Codable, Hashable, Sendable {
  case perHead
  case perSequenceAndHead
}

extension AttentionProblem {
  /// How many sinks there are: 0 without.
  package var sinkCount: Int { hasSinks ? queryHeads : 0 }

  /// How many slopes there are: 0 without ALiBi.
  package var slopeCount: Int {
    switch slopes {
    case nil: 0
    case .perHead: queryHeads
    case .perSequenceAndHead: batch * queryHeads
    }
  }
}
