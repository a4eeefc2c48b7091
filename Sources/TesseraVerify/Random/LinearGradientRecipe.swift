import Tessera

/// A gradient of a linear map in a few plain values.
public struct LinearGradientRecipe: VerificationRecipe {
  public var operatorName = OperatorDescriptor.linearInputGradient.name
  public var rows = 1
  public var columns = 1
  public var depth = 1
  public var packsWeights = false
  public var hasBias = true
  /// Onto earlier gradients, or in the residual's place.
  public var accumulates = false
  public var activation = Activation.relu
  public var dropProbability = 0.0
  /// Elements between a matrix's rows and before its first, of each operand in the descriptor's order; none: no gaps.
  public var gaps: [Int] = []
  /// Whether rows of the output's gradient come from the last to the first.
  public var reversesGradient = false
  public var hasSpecialValues = false

  /// Operators of this kind.
  public static let operators: [OperatorDescriptor] = [
    .linearInputGradient, .linearWeightGradient, .linearInputGradientActivationDropout, .linearInputGradientResidual,
    .linearInputGradientGatedActivation,
  ]

  public init() {}

  public func verificationCase() throws(TesseraError) -> VerificationCase {
    let isOfInput = operatorName != OperatorDescriptor.linearWeightGradient.name
    let operation = Self.operators.first { $0.name == operatorName }!
    var result = VerificationCase([.rows: rows, .columns: columns, .depth: depth])
    result.packsWeights = packsWeights && isOfInput
    result.hasBias = hasBias || isOfInput
    if hasSpecialValues { result.values = isOfInput ? .special : .specialColumns }
    if operation.options.contains(.activation) {
      (result.activation, result.comparesByTerms) = (activation, true)
      if operation.options.contains(.dropout) { result.dropProbability = dropProbability }
    }
    if accumulates, let input = operation.inputsInPlace.first { result = result.inPlace(of: input) }
    guard !gaps.isEmpty, rows * columns * depth > 0 else { return result }
    let descriptor = try OperatorCatalog.entry(named: operatorName).descriptor(for: result.request)
    for (index, operand) in (descriptor.reads + descriptor.writes).enumerated() {
      guard case .matrix(let rows, let columns) = operand.shape else { continue }
      let (rowCount, columnCount) = (result.request.extents[rows], result.request.extents[columns])
      // What takes the residual's place has its layout.
      let gap = gaps[(result.request.isInPlace && isOfInput ? 0 : index) % gaps.count]
      var layout = MatrixLayout(rows: rowCount, columns: columnCount, rowStride: columnCount + gap, offset: gap / 2)
      if operand.name == "output-gradient", reversesGradient {
        layout.offset += (rowCount - 1) * layout.rowStride
        layout.rowStride = -layout.rowStride
      }
      result.request.layouts[operand.name] = layout
      // Where it adds, in the same place.
      if operand.name == "weight-gradient" { result.request.layouts["earlier-weight-gradient"] = layout }
    }
    return result
  }

  public var smaller: [LinearGradientRecipe] {
    var smaller: [LinearGradientRecipe] = []
    func add(_ change: (inout LinearGradientRecipe) -> Void) {
      var recipe = self
      change(&recipe)
      if recipe != self { smaller.append(recipe) }
    }
    add { $0.hasSpecialValues = false }
    add { $0.reversesGradient = false }
    add { $0.gaps = [] }
    add { $0.accumulates = false }
    add { $0.dropProbability = 0 }
    add { $0.activation = .relu }
    add { $0.packsWeights = false }
    add { $0.hasBias = true }
    for extent in [\LinearGradientRecipe.rows, \.columns, \.depth] where self[keyPath: extent] > 1 {
      add { $0[keyPath: extent] = 1 }
      add { $0[keyPath: extent] /= 2 }
      add { $0[keyPath: extent] -= 1 }
    }
    return smaller
  }
}

extension LinearGradientRecipe {
  /// Recipe `index` of a seed: mostly small, now and then around blocks, groups and panels.
  public init(seed: UInt64, index: Int) {
    var source = DrawingSource(seed: seed, stream: index)
    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &source) < percent }
    func one<Element>(of elements: [Element]) -> Element { elements.randomElement(using: &source)! }
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &source) }
    self.init()
    operatorName = one(of: Self.operators).name
    for extent in [\Self.rows, \.columns, \.depth] {
      self[keyPath: extent] = chance(60) ? number(1...40) : number(40...150)
      if chance(4) { self[keyPath: extent] = number(250...600) }
    }
    if chance(3) { self[keyPath: one(of: [\Self.rows, \.columns, \.depth])] = 0 }
    packsWeights = chance(50)
    hasBias = chance(70)
    accumulates = chance(50)
    activation = one(of: Activation.allCases)
    dropProbability = one(of: [0, 0.1, 0.5, 1])
    if chance(50) { gaps = (0..<4).map { _ in number(0...9) } }
    reversesGradient = chance(15)
    hasSpecialValues = chance(10)
  }
}
