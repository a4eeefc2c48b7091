import CTesseraKernels

/// One element-wise call, checked and cut into work items; the public functions and the catalog both run it.
///
/// Its stages run in order in one pass over memory: one of them is an unfused operator, several are a fused one.
struct ElementwisePlan {
  let descriptor: OperatorDescriptor
  /// Those that there is something to do for.
  private(set) var stages: [Stage]
  let planes: Int
  let rowsPerPlane: Int
  let columns: Int
  let layouts: Layouts
  let kernel: tsr_f32_elementwise_kernel
  let partition: RowPartition
  let residency: RowResidency
  let usesNonTemporalStores: Bool
  let storesMask: Bool
  let context: ExecutionContext

  /// Layouts cover planes · rows rows, one plane after the other.
  struct Layouts {
    var input: MatrixLayout
    var output: MatrixLayout
    /// The layout of the second matrix that is read, `residual` or `up`; nil where no stage has one.
    var second: MatrixLayout?
  }

  /// Stages stand in the order of `ElementwiseStages`; a kernel must exist for them, and for them without the dropout,
  /// which is left out where it drops nothing.
  init(
    _ descriptor: OperatorDescriptor, _ stages: [Stage], planes: Int = 1, layouts: Layouts, context: ExecutionContext?
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    self.descriptor = descriptor
    // Dropout alone stores its mask; fused, seed and offset make it again.
    storesMask = if stages.count == 1, case .dropout = stages[0] { true } else { false }
    self.stages = Self.effective(stages)
    kernel =
      ElementwiseKernels.variants.best(for: context.instructionSet)[
        self.stages.reduce(into: ElementwiseStages()) { $0.insert($1.kind) }]
    let rows = layouts.input.rows
    guard (0...maximumElementCount).contains(planes), planes == 0 ? rows == 0 : rows % planes == 0 else {
      throw .invalidOperand(
        operation: descriptor.name, operand: "planes",
        expected: "a divisor of \(rows) rows, at most \(maximumElementCount)", actual: "\(planes)")
    }
    self.planes = planes
    rowsPerPlane = planes == 0 ? 0 : rows / planes
    columns = layouts.input.columns
    self.layouts = layouts
    self.context = context
    let name = descriptor.name
    try layouts.input.check(
      rows: rows, columns: columns, count: .max, written: false, operation: name, operand: descriptor.reads[0].name)
    try layouts.output.check(
      rows: rows, columns: columns, count: .max, written: true, operation: name, operand: descriptor.writes[0].name)
    try layouts.second?.check(
      rows: rows, columns: columns, count: .max, written: false, operation: name,
      operand: descriptor.reads.last { $0.role == .activation }?.name ?? "residual")
    let pass = Self.pass(self.stages, columns: columns, storesMask: storesMask)
    residency = RowResidency(passes: [pass], capacity: context.fastMemoryBytes)
    let bytesPerRow = (pass.reads + pass.writes).reduce(0) { $0 + $1.bytes }
    partition = RowPartition(rows: rows, bytesPerRow: bytesPerRow)
    usesNonTemporalStores = rows * bytesPerRow > context.fastMemoryBytes
  }

  /// Draws of calls from now on; nothing where nothing is dropped.
  mutating func setDropoutOffset(_ offset: UInt32) {
    for index in stages.indices {
      if case .dropout(let dropout) = stages[index] { stages[index] = .dropout(dropout.at(offset: offset)) }
    }
  }

  /// A dropout that drops nothing is left out; where it is all there is, scaling by 1 is an exact copy.
  private static func effective(_ stages: [Stage]) -> [Stage] {
    let rest = stages.filter { stage in if case .dropout(let dropout) = stage { !dropout.isIdentity } else { true } }
    return rest.isEmpty ? [.scale(1)] : rest
  }

  private static func pass(_ stages: [Stage], columns: Int, storesMask: Bool) -> RowResidency.Pass {
    func row(_ name: String, _ kind: RowResidency.Stream.Kind = .perRow) -> RowResidency.Stream {
      .init(name, bytes: ElementType.float32.byteCount(ofElements: columns), kind)
    }
    var pass = RowResidency.Pass(reads: [row("input")], writes: [row("output")])
    for stage in stages {
      switch stage {
      case .bias: pass.reads.append(row("bias", .shared))
      case .gate, .residual: pass.reads.append(row("second"))
      case .scale, .activation, .dropout: break
      }
    }
    if storesMask { pass.writes.append(.init("mask", bytes: columns, .perRow)) }
    return pass
  }
}
