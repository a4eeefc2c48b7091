import Tessera

extension CaseList {
  /// Products' sizes, as those of the map and as those of the product that its gradient is.
  static func linearGradientCases(_ descriptor: OperatorDescriptor) -> [VerificationCase] {
    let isOfInput = descriptor.name != OperatorDescriptor.linearWeightGradient.name
    var cases = productSizes.flatMap { size in
      let product: Extents =
        isOfInput
        ? [.rows: size.rows, .columns: size.depth, .depth: size.columns]
        : [.rows: size.depth, .columns: size.rows, .depth: size.columns]
      return [[.rows: size.rows, .columns: size.columns, .depth: size.depth], product].map { VerificationCase($0) }
    }
    // Several items each way, and sums over many rows. Of the last the items share the output's gradient.
    cases += [
      (1030, 70, 40), (70, 1030, 40), (70, 40, 1030), (4099, 3, 2), (2311, 97, 13), (400, 70, 130), (600, 10, 700),
    ].map {
      VerificationCase([.rows: $0, .columns: $1, .depth: $2])
    }
    cases += stridedLinearGradients(descriptor)
    var special = VerificationCase([.rows: 40, .columns: 31, .depth: 37])
    special.values = isOfInput ? .special : .specialColumns
    special.notes = [special.values.rawValue + " values"]
    cases += [special] + ridingCases(descriptor)
    // Few elements of a row may be left.
    if descriptor.options.contains(.activation) { for index in cases.indices { cases[index].comparesByTerms = true } }
    return isOfInput ? cases + packed(cases) : withOptions(cases)
  }

  /// Options of what rides on an input's gradient.
  private static func ridingCases(_ descriptor: OperatorDescriptor) -> [VerificationCase] {
    let shapes: [Extents] = [
      [.rows: 20, .columns: 33, .depth: 70], [.rows: 9, .columns: 140, .depth: 200],
      [.rows: 270, .columns: 20, .depth: 90],
    ]
    var cases: [VerificationCase] = []
    func add(_ note: String, _ change: (inout VerificationCase) -> Void) {
      for extents in shapes {
        var changed = VerificationCase(extents)
        changed.notes = [note]
        change(&changed)
        cases.append(changed)
      }
    }
    if descriptor.options.contains(.activation) {
      for activation in Activation.allCases {
        let drops = descriptor.options.contains(.dropout)
        for probability in drops ? [0, 0.5, 1] : [] {
          add("\(activation.rawValue); drop probability \(probability)") {
            ($0.activation, $0.dropProbability) = (activation, probability)
          }
        }
        add("\(activation.rawValue); inference") { ($0.activation, $0.mode) = (activation, .inference) }
        add("\(activation.rawValue); special values") { ($0.activation, $0.values) = (activation, .special) }
        // Gradients beside numbers that reach into the activation's tails.
        add("\(activation.rawValue); wide values") { ($0.activation, $0.values) = (activation, .wide) }
      }
    }
    guard descriptor.name != OperatorDescriptor.linearWeightGradient.name else { return [] }
    for input in descriptor.inputsInPlace { cases += shapes.map { VerificationCase($0).inPlace(of: input) } }
    // All activations in place too, where that is a choice.
    if !descriptor.inputsInPlace.isEmpty, descriptor.options.contains(.activation) {
      cases += cases.filter { !$0.request.isInPlace }.map { $0.inPlace(of: descriptor.inputsInPlace[0]) }
    }
    return cases
  }

  private static func packed(_ cases: [VerificationCase]) -> [VerificationCase] {
    cases.filter { $0.request.extents[.rows] % 5 != 2 }.map { original in
      var packed = original
      packed.request.packsWeights = true
      packed.notes.append("weights packed")
      return packed
    }
  }

  /// All cases onto earlier gradients too, and some without a bias.
  private static func withOptions(_ cases: [VerificationCase]) -> [VerificationCase] {
    let both = cases + cases.map { $0.inPlace(of: "earlier-weight-gradient") }
    return both
      + both.filter { $0.request.extents[.rows] % 3 != 1 }.map { original in
        var plain = original
        plain.hasBias = false
        plain.notes.append("no bias")
        return plain
      }
  }

  /// Gaps between rows, and what is read with its rows in reverse, or one row seen many times.
  private static func stridedLinearGradients(_ descriptor: OperatorDescriptor) -> [VerificationCase] {
    let shapes = [(5, 17, 33), (12, 64, 16), (1, 9, 40), (300, 1, 9), (70, 21, 1)]
    return shapes.flatMap { rows, columns, depth in
      [("gaps", 1), ("reverse", -1), ("repeated", 0)].map { name, direction in
        func read(_ rows: Int, _ columns: Int, gap: Int) -> MatrixLayout {
          let stride = direction * (columns + gap)
          return MatrixLayout(
            rows: rows, columns: columns, rowStride: stride, offset: 2 + (stride < 0 ? -stride * max(0, rows - 1) : 0))
        }
        let written = MatrixLayout(rows: columns, columns: depth, rowStride: depth + 7, offset: 3)
        let layouts = [
          "output-gradient": read(rows, columns, gap: 3), "input": read(rows, depth, gap: 1),
          "weight": read(columns, depth, gap: 2),
          "input-gradient": MatrixLayout(rows: rows, columns: depth, rowStride: depth + 5, offset: 1),
          "residual": read(rows, depth, gap: 4), "activation-output": read(rows, depth, gap: 6),
          "gate": read(rows, depth, gap: 4), "up": read(rows, depth, gap: 6),
          "gate-gradient": MatrixLayout(rows: rows, columns: depth, rowStride: depth + 5, offset: 1),
          "up-gradient": MatrixLayout(rows: rows, columns: depth, rowStride: depth + 2, offset: 4),
          "weight-gradient": written, "earlier-weight-gradient": written,
        ]
        let names = (descriptor.reads + descriptor.writes).map(\.name) + descriptor.aliasing.values.joined()
        var strided = VerificationCase([.rows: rows, .columns: columns, .depth: depth])
        strided.layouts = layouts.filter { names.contains($0.key) }
        strided.notes = [name]
        return strided
      }
    }
  }
}
