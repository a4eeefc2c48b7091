/// What a verification found, as `--format json` writes it.
public struct VerificationReport: Codable, Sendable {
  public var seed: UInt64
  public var passed: Bool
  public var rows: [VerificationRow]
  public var skipped: [SkippedVariant]

  public init(seed: UInt64, _ operators: [OperatorVerification]) {
    self.seed = seed
    rows = operators.flatMap(\.rows)
    skipped = operators.flatMap(\.skipped)
    passed = rows.allSatisfy(\.passed)
  }
}

/// One operator's rows.
public struct OperatorVerification: Sendable {
  public var operatorName: String
  public var rows: [VerificationRow]
  public var skipped: [SkippedVariant]

  public var failures: [VerificationFailure] { rows.flatMap(\.failures) }
}

/// One operator, variant and thread count over all shapes.
public struct VerificationRow: Codable, Sendable {
  public var operatorName: String
  public var variant: String
  public var threads: Int
  public var shapes = 0
  /// The largest absolute difference from the oracle where the multiple is largest, and the tolerance there.
  public var error = 0.0
  public var tolerance = 0.0
  /// error / tolerance; above 1 is a failure.
  public var multiple = 0.0
  public var worstShape = ""
  public var failures: [VerificationFailure] = []
  public var passed: Bool = true

  enum CodingKeys: String, CodingKey {
    case operatorName = "operator"
    case variant, threads, shapes, error, tolerance, multiple, worstShape, failures, passed
  }

  init(operatorName: String, variant: String, threads: Int) {
    self.operatorName = operatorName
    self.variant = variant
    self.threads = threads
  }

  mutating func add(_ outcome: CaseRunner.Outcome, caseNumber: Int, description: String, seed: UInt64) {
    shapes += 1
    let comparison = outcome.comparison
    if comparison.multiple > multiple || worstShape.isEmpty {
      (error, tolerance, multiple) = (comparison.error, comparison.tolerance, comparison.multiple)
      worstShape = description
    }
    guard !outcome.failures.isEmpty else { return }
    passed = false
    failures.append(
      VerificationFailure(
        caseNumber: caseNumber, shape: description, messages: outcome.failures,
        again: "tessera verify --operator \(operatorName) --isa \(variant) --seed \(seed) --case \(caseNumber)"))
  }
}

/// A shape that went wrong.
public struct VerificationFailure: Codable, Sendable {
  public var caseNumber: Int
  public var shape: String
  public var messages: [String]
  /// The command that runs it alone.
  public var again: String
}

/// A variant of this build that this machine cannot run.
public struct SkippedVariant: Codable, Sendable {
  public var operatorName: String
  public var variant: String
  public var reason: String

  enum CodingKeys: String, CodingKey {
    case operatorName = "operator"
    case variant, reason
  }
}
