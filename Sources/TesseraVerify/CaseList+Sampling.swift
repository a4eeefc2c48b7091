import Tessera

extension CaseList {
  /// Stages alone and together, of few columns and of more than one block, with logits that are alike and that differ.
  static func samplingCases() -> [VerificationCase] {
    var options: [SamplingOptions] = [0, 0.3, 1.7].map { SamplingOptions(temperature: $0) }
    options += [1, 2, 7, 40, 1000].map { SamplingOptions(topK: $0) }
    options += [0, 0.1, 0.5, 0.95, 0.999999].map { SamplingOptions(topP: $0) }
    options += [0.02, 0.3, 1].map { SamplingOptions(minP: $0) }
    options += [
      SamplingOptions(temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05),
      SamplingOptions(temperature: 1.5, topK: 90, topP: 0.7, minP: 0.01),
      SamplingOptions(temperature: 0.6, topP: 0.9, minP: 0.2),
    ]
    var penalized = options.map { option in
      var penalized = option
      penalized.repetitionPenalty = 1.3
      return penalized
    }
    penalized.append(SamplingOptions(repetitionPenalty: 0.5))
    return (options + penalized).enumerated().flatMap { index, options in
      [(CaseValues.uniform, 3, 13), (.wide, 5, 200), (.special, 30, 67), (.wide, 1, 3000), (.special, 10, 150)].map {
        values, rows, columns in
        var result = VerificationCase([.rows: rows, .columns: columns])
        (result.values, result.sampling) = (values, options)
        if options.repetitionPenalty != 1 {
          // Six a row, with one that occurs twice and one that stands for none.
          result.recentTokens = (0..<rows).flatMap { row in
            [-1, 0, columns - 1, columns / 2, (7 * row + index) % columns, columns / 2].map { Int32($0) }
          }
        }
        result.notes = [
          "temperature \(options.temperature), top-k \(options.topK), top-p \(options.topP), min-p \(options.minP), "
            + "penalty \(options.repetitionPenalty); \(values.rawValue) values"
        ]
        return result
      }
    }
  }
}
