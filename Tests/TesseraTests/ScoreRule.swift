import Foundation
import Tessera

/// What the tests' modifiers do to a score: in Float64 for the definition, and as the library's closures.
enum ScoreRule: CaseIterable, Sendable {
  /// s + sin(s) / 2, run by run.
  case sine
  /// 3 · tanh(s / 3)
  case bounded
  /// s − (h + 1) / 100 · |i − j|
  case faded
  /// s · (1 + h / 4) − b
  case ofHeads
  /// Some pairs of query and key are hidden: up to two in five of a query's.
  case holes
  /// Queries see the keys of their own document of five tokens; later ones see none. Run by run.
  case documents
  /// As `sine` where `holes` hides nothing.
  case sineWithHoles

  func isVisible(_ sequence: Int, _ head: Int, _ query: Int, _ key: Int) -> Bool {
    switch self {
    case .holes, .sineWithHoles: (sequence + 3 * head + key * (key + query)) % 5 != 0
    case .documents: query / 5 == key / 5
    default: true
    }
  }

  /// The score, −inf where it is hidden.
  func value(_ score: Double, _ sequence: Int, _ head: Int, _ query: Int, _ key: Int) -> Double {
    guard isVisible(sequence, head, query, key) else { return -.infinity }
    switch self {
    case .sine, .sineWithHoles: return score + sin(score) / 2
    case .bounded: return 3 * tanh(score / 3)
    case .faded: return score - Double((head + 1) * abs(query - key)) / 100
    case .ofHeads: return score * (1 + Double(head) / 4) - Double(sequence)
    case .holes, .documents: return score
    }
  }

  func derivative(_ score: Double, head: Int) -> Double {
    switch self {
    case .sine, .sineWithHoles: 1 + cos(score) / 2
    case .bounded: 1 - tanh(score / 3) * tanh(score / 3)
    case .ofHeads: 1 + Double(head) / 4
    case .faded, .holes, .documents: 1
    }
  }

  var modifier: AttentionScoreModifier {
    switch self {
    case .sine:
      AttentionScoreModifier { run in
        let (sequence, head, query, first) = (run.sequence, run.head, run.query, run.keys.lowerBound)
        run.withScores { scores in
          for index in scores.indices {
            scores[index] = Float(value(Double(scores[index]), sequence, head, query, first + index))
          }
        }
      } differentiate: { run in
        let head = run.head
        run.withGradients { scores, gradients in
          for index in scores.indices { gradients[index] *= Float(derivative(Double(scores[index]), head: head)) }
        }
      }
    case .holes: .mask { isVisible($0, $1, $2, $3) }
    case .documents:
      .hiding { run in
        for key in run.keys where !isVisible(run.sequence, run.head, run.query, key) { run[key] = -.infinity }
      }
    case .bounded, .faded, .ofHeads, .sineWithHoles:
      .scores(
        { score, sequence, head, query, key in Float(value(Double(score), sequence, head, query, key)) },
        derivative: { score, _, head, _, _ in Float(derivative(Double(score), head: head)) })
    }
  }
}
