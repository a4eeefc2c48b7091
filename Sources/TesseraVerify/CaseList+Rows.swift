import Tessera

extension CaseList {
  /// The cases of operators that work row by row, element-wise or not.
  static func rowCases(_ descriptor: OperatorDescriptor) -> [VerificationCase] {
    var cases = shapes(descriptor) + layouts(descriptor) + options(descriptor) + special(descriptor)
    if descriptor.options.contains(.sum) { cases += residualNormCases(descriptor) }
    if descriptor.options.contains(.mask) { cases += maskedCases() }
    if descriptor.options.contains(.sampling) { cases += samplingCases() }
    if descriptor.options.contains(.activation) { cases += activationCases() }
    if descriptor.options.contains(.adamW) { cases += adamWCases() }
    if descriptor.contains("softmax") || Activation.allCases.contains(where: { descriptor.contains($0.rawValue) }) {
      for (index, rows) in [1, 3, 12].enumerated() {
        var wide = VerificationCase([.rows: rows, .columns: 61 + index])
        wide.values = .wide
        wide.notes = ["wide values"]
        cases.append(wide)
      }
    }
    return cases
  }

  static func shapes(_ descriptor: OperatorDescriptor) -> [VerificationCase] {
    // Vectors have 4, 8 or 16 lanes, and loops take up to four of them at once: 64.
    var shapes = around(8, 16, 32, 64).map { (rows: 3, columns: $0) }
    // Rows of one work item are a power of two where columns are: 64 KiB of 512 columns' two or three streams.
    shapes += around(8, 16, 64).map { (rows: $0, columns: 13) }
    shapes += [(13, 97), (5, 251), (2, 1021), (1, 5003)]
    shapes += [(1, 1), (1, 64), (29, 1), (7, 2)]
    shapes += [(0, 8), (4, 0), (0, 0)]
    // Several work items, the last one short; unaligned and aligned rows.
    shapes += [(307, 257), (131, 512)]
    var cases = shapes.map { VerificationCase([.rows: $0.rows, .columns: $0.columns]) }
    if descriptor.extents.contains(.planes) {
      cases += [(3, 5, 19), (2, 7, 64), (0, 4, 8), (3, 0, 8), (6, 41, 130)].map { planes, rows, columns in
        VerificationCase([.planes: planes, .rows: rows, .columns: columns])
      }
    }
    return cases
  }

  static func special(_ descriptor: OperatorDescriptor) -> [VerificationCase] {
    return [(40, 33), (30, 64), (20, 5)].flatMap { rows, columns in
      var special = VerificationCase([.rows: rows, .columns: columns])
      special.values = .special
      special.notes = ["special values"]
      return [special] + descriptor.inputsInPlace.map(special.inPlace)
    }
  }

  private static func options(_ descriptor: OperatorDescriptor) -> [VerificationCase] {
    var cases: [VerificationCase] = []
    func add(_ note: String, _ change: (inout VerificationCase) -> Void) {
      for (rows, columns) in [(5, 17), (4, 64), (23, 9)] {
        var changed = VerificationCase([.rows: rows, .columns: columns])
        changed.notes = [note]
        change(&changed)
        cases.append(changed)
      }
    }
    if descriptor.options.contains(.dropout) {
      // 1e-6 rounds to nothing dropped, 0.99999 to one draw in 65536 kept.
      for probability in [0, 1e-6, 0.5, 0.99999, 1] {
        add("drop probability \(probability)") { $0.dropProbability = probability }
      }
      add("drop probability 1; special values") {
        $0.dropProbability = 1
        $0.values = .special
      }
    }
    // What training keeps, or drops, inference does not.
    if descriptor.dependsOnMode {
      add("inference") { $0.mode = .inference }
      add("inference; special values") {
        $0.mode = .inference
        $0.values = .special
      }
    }
    if descriptor.options.contains(.scale) {
      for factor: Float in [-1.7, 0, 0x1p-130] { add("scale \(factor)") { $0.scale = factor } }
    }
    if descriptor.options.contains(.epsilon) {
      for epsilon: Float in [1e-12, 0.5] { add("epsilon \(epsilon)") { $0.epsilon = epsilon } }
    }
    return cases
  }

  /// Every activation in both modes, on numbers that reach into its tails and on special ones. The other cases have
  /// ReLU.
  private static func activationCases() -> [VerificationCase] {
    Activation.allCases.flatMap { activation in
      ExecutionMode.allCases.flatMap { mode in
        [(CaseValues.wide, 7, 131), (.special, 20, 37), (.uniform, 3, 64)].flatMap { values, rows, columns in
          [false, true].map { isInPlace in
            var result = VerificationCase([.planes: 2, .rows: rows, .columns: columns])
            (result.activation, result.mode, result.values) = (activation, mode, values)
            result.isInPlace = isInPlace
            result.notes = [activation.rawValue, mode.rawValue, values.rawValue] + (isInPlace ? ["in place"] : [])
            return result
          }
        }
      }
    }
  }
}
