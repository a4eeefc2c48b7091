import Tessera

/// A product with what rides on it, in a few plain values.
public struct FusedLinearRecipe: VerificationRecipe {
  public var operatorName = OperatorDescriptor.linearBiasDropoutResidual.name
  public var rows = 1
  public var columns = 1
  public var depth = 1
  public var isInference = true
  public var packsWeights = false
  public var activation = Activation.relu
  public var dropProbability = 0.0
  public var hasBias = true
  public var returnsSum = false
  public var isInPlace = false
  /// Elements between a matrix's rows and before its first, of each operand in the descriptor's order; none: no gaps.
  public var gaps: [Int] = []
  /// Whether rows of the input come from the last to the first.
  public var reversesInput = false
  public var hasSpecialValues = false

  /// Operators of this kind: an element of the output is one of the product's, with what rides on it.
  public static let operators: [OperatorDescriptor] = OperatorCatalog.entries.map(\.descriptor).filter {
    $0.fuses.contains("linear") && $0.extents.contains(.rows) && !$0.fuses.contains("softmax")
  }

  public init() {}

  private var descriptor: OperatorDescriptor { Self.operators.first { $0.name == operatorName }! }

  public func verificationCase() throws(TesseraError) -> VerificationCase {
    let descriptor = descriptor
    var result = VerificationCase([.rows: rows, .columns: columns, .depth: depth])
    result.mode = isInference ? .inference : .training
    result.packsWeights = packsWeights
    if descriptor.options.contains(.activation) { result.activation = activation }
    if descriptor.options.contains(.dropout) { result.dropProbability = dropProbability }
    if descriptor.options.contains(.bias) { result.hasBias = hasBias }
    if descriptor.options.contains(.sum) { result.returnsSum = returnsSum && isInference }
    if hasSpecialValues { result.values = .special }
    // What training keeps lies without gaps, and in place of a residual only if that does too.
    let keeps = descriptor.writes(in: result.mode).contains {
      $0.isKeptForBackward && !descriptor.aliasing[$0.name, default: []].isEmpty
    }
    if isInPlace, !keeps || gaps.isEmpty, let input = descriptor.inputsInPlace.first {
      result = result.inPlace(of: input)
    }
    for (index, operand) in (descriptor.reads + descriptor.writes).enumerated()
    where !gaps.isEmpty && rows * columns * depth > 0 {
      guard case .matrix(let rows, let columns) = operand.shape, !operand.isKeptForBackward || operand.name == "sum"
      else { continue }
      // Weights that lie alike have one layout; outputs may take an input's place.
      let place = operand.name == "up-weight" ? index - 1 : index
      let gap = gaps[(result.request.isInPlace ? 0 : place) % gaps.count]
      let (rowCount, columnCount) = (result.request.extents[rows], result.request.extents[columns])
      var layout = MatrixLayout(
        rows: rowCount, columns: columnCount, rowStride: columnCount + gap, offset: gap / 2)
      if operand.name == "input", reversesInput {
        layout.offset += max(0, rowCount - 1) * layout.rowStride
        layout.rowStride = -layout.rowStride
      }
      if operand.name == "sum", result.mode == .training { continue }
      result.request.layouts[operand.name] = layout
    }
    return result
  }

  public var smaller: [FusedLinearRecipe] {
    var smaller: [FusedLinearRecipe] = []
    func add(_ change: (inout FusedLinearRecipe) -> Void) {
      var recipe = self
      change(&recipe)
      if recipe != self { smaller.append(recipe) }
    }
    let plain = FusedLinearRecipe()
    add { $0.hasSpecialValues = false }
    add { $0.reversesInput = false }
    add { $0.gaps = [] }
    add { $0.isInPlace = false }
    add { $0.packsWeights = false }
    add { $0.returnsSum = false }
    add { $0.hasBias = true }
    add { $0.dropProbability = 0 }
    add { $0.activation = plain.activation }
    add { $0.isInference = true }
    for extent in [\FusedLinearRecipe.rows, \.columns, \.depth] where self[keyPath: extent] > 1 {
      add { $0[keyPath: extent] = 1 }
      add { $0[keyPath: extent] /= 2 }
      add { $0[keyPath: extent] -= 1 }
    }
    return smaller
  }
}

extension FusedLinearRecipe {
  /// Recipe `index` of a seed: mostly small, now and then around blocks, groups and panels.
  public init(seed: UInt64, index: Int) {
    var source = DrawingSource(seed: seed, stream: index)
    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &source) < percent }
    func one<Element>(of elements: [Element]) -> Element { elements.randomElement(using: &source)! }
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &source) }
    self.init()
    operatorName = one(of: Self.operators).name
    rows = chance(70) ? number(1...20) : number(20...90)
    columns = chance(60) ? number(1...70) : number(60...140)
    depth = chance(60) ? number(1...40) : number(100...150)
    if chance(4) { rows = number(250...280) }
    if chance(4) { columns = number(250...330) }
    if chance(4) { depth = number(250...600) }
    if chance(3) { self[keyPath: one(of: [\Self.rows, \.columns, \.depth])] = 0 }
    isInference = chance(50)
    packsWeights = chance(50)
    activation = one(of: Activation.allCases)
    dropProbability = one(of: [0, 0.1, 0.5, 1])
    hasBias = chance(60)
    returnsSum = chance(50)
    isInPlace = chance(30)
    if chance(50) { gaps = (0..<4).map { _ in number(0...9) } }
    reversesInput = chance(15)
    hasSpecialValues = chance(10)
  }
}
