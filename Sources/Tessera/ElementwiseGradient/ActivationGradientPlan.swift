/// The gradient of bias, activation and dropout, checked and cut into work items; the public plan and the catalog run
/// it.
struct ActivationGradientPlan {
  typealias Operands = ActivationGradientStage.Operands

  let descriptor: OperatorDescriptor
  let stage: ActivationGradientStage
  let planes: Int
  let sums: ColumnSums
  private let residencies: (whole: RowResidency, last: RowResidency)
  private let usesNonTemporalStores: Bool
  private let context: ExecutionContext

  var columns: Int { stage.columns }
  private var layouts: ActivationGradientStage.Layouts { stage.layouts }
  /// The descriptor's name of what the forward call has left.
  private var savedName: String { Self.savedName(of: stage.activation) }

  private static func savedName(of activation: Activation) -> String {
    activation.gradientNeedsInput ? "input" : "output"
  }

  /// Layouts cover `planes` planes, one after the other.
  init(
    _ activation: Activation, planes: Int, layouts: ActivationGradientStage.Layouts, dropout: Dropout?,
    context: ExecutionContext?
  ) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    descriptor = .biasActivationDropoutGradient(activation)
    (self.planes, self.context) = (planes, context)
    let (rows, columns) = (layouts.outputGradient!.rows, layouts.outputGradient!.columns)
    stage = try ActivationGradientStage(
      activation, planes: planes, rows: rows, columns: columns, layouts: layouts, dropout: dropout,
      operation: descriptor.name, savedName: Self.savedName(of: activation), context: context)
    let bytesPerColumn = 3 * MemoryLayout<Float>.stride
    let partition = ColumnSumPartition(rows: rows, columns: columns, bytesPerColumn: bytesPerColumn)
    sums = try ColumnSums(partition, count: 1, threadCount: context.pool.threadCount)
    func residency(_ columns: Int) -> RowResidency {
      Self.residency(columns: columns, hasBias: activation.gradientNeedsInput, capacity: context.fastMemoryBytes)
    }
    let lastColumns = columns - max(0, partition.columnBlocks - 1) * partition.columnsPerItem
    residencies = (residency(min(columns, partition.columnsPerItem)), residency(lastColumns))
    usesNonTemporalStores = rows * columns * bytesPerColumn > context.fastMemoryBytes
  }

  private static func residency(columns: Int, hasBias: Bool, capacity: Int) -> RowResidency {
    let bytes = ElementType.float32.byteCount(ofElements: columns)
    func row(_ name: String) -> RowResidency.Stream { .init(name, bytes: bytes, .perRow) }
    let pass = RowResidency.Pass(
      reads: [row("output-gradient"), row("saved")] + (hasBias ? [.init("bias", bytes: bytes, .shared)] : []),
      writes: [row("input-gradient")])
    return RowResidency(passes: [pass], capacity: capacity)
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ operands: Operands) throws(TesseraError) {
    let rowsPerPlane = stage.rowsPerPlane
    let streams = try !check(operands) && usesNonTemporalStores
    let partition = sums.partition
    let traffic = context.pool.run(itemCount: partition.itemCount, order: .neighbouring) { item, worker in
      sums.run(item: item, worker: worker.index, rowsPerPlane: rowsPerPlane) { rows, columns in
        var block = stage.block(operands, rows: rows, columns: columns)
        block.bias_gradient = sums.sums(0, ofWorker: worker.index)
        block.streaming = streams
        stage.kernel(&block)
      }
      let isLast = partition.columns(ofItem: item).upperBound == partition.columns
      worker.count((isLast ? residencies.last : residencies.whole).traffic(rows: partition.rows(ofItem: item).count))
    }
    if columns > 0 { sums.finish(0, into: operands.biasGradient!.baseAddress!) }
    var moved = traffic
    moved.writtenBytes += ElementType.float32.byteCount(ofElements: columns)
    context.ledger?.record(
      descriptor, extents: [.planes: planes, .rows: rowsPerPlane, .columns: columns], mode: .training, traffic: moved)
  }

  /// Whether the call is in place. Throws where memory is short or shared.
  private func check(_ operands: Operands) throws(TesseraError) -> Bool {
    let place = OperandPlacement(operation: descriptor.name)
    return try checkOverlap(
      descriptor,
      reads: [
        try place.matrix("output-gradient", operands.outputGradient, layouts.outputGradient),
        try place.matrix(savedName, operands.saved, layouts.saved),
        try place.vector("bias", operands.bias, columns),
      ],
      writes: [
        try place.matrix("input-gradient", writing: operands.inputGradient, layouts.inputGradient),
        try place.vector("bias-gradient", writing: operands.biasGradient, columns),
      ])
  }
}
