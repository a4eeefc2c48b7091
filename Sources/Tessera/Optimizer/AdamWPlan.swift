import CTesseraKernels

/// A step of AdamW, planned: parameters and both moments follow the gradients in one pass.
///
///     g = gradientScale · gradient
///     first = β₁ · first + (1 − β₁) · g
///     second = β₂ · second + (1 − β₂) · g²
///     parameter = (1 − rate · weightDecay) · parameter
///                 − rate / (1 − β₁^step) · first / (√second / √(1 − β₂^step) + ε)
///
/// Element by element, and the same bits for every number of threads. Where the sums of squares of all gradients ask
/// for it `gradientScale` clips them: see `GradientNorm`. Squares of scaled gradients overflow from 1.8e19 on. Any
/// number of threads may run one plan.
/// Loshchilov, Hutter, "Decoupled Weight Decay Regularization" (ICLR 2019), algorithm 2.
public struct AdamWPlan: Sendable {
  private let layouts: Layouts
  private let kernel: tsr_f32_adamw_kernel
  private let partition: ElementPartition
  private let context: ExecutionContext

  /// What is read and what is written; in place the moments and parameters of both lie alike.
  struct Layouts: Sendable {
    var earlierParameters, gradients, earlierFirstMoments, earlierSecondMoments: MatrixLayout
    var parameters, firstMoments, secondMoments: MatrixLayout
  }

  private var rows: Int { layouts.parameters.rows }
  private var columns: Int { layouts.parameters.columns }

  /// All operands are rows × columns of the parameters', without gaps unless a layout says otherwise; the gradients may
  /// have any row stride. Throws where layouts disagree or do not fit in memory.
  public init(
    parameters: MatrixLayout, gradients: MatrixLayout? = nil, firstMoments: MatrixLayout? = nil,
    secondMoments: MatrixLayout? = nil, context: ExecutionContext? = nil
  ) throws(TesseraError) {
    let (first, second) = (firstMoments ?? parameters.contiguous, secondMoments ?? parameters.contiguous)
    try self.init(
      Layouts(
        earlierParameters: parameters, gradients: gradients ?? parameters.contiguous, earlierFirstMoments: first,
        earlierSecondMoments: second, parameters: parameters, firstMoments: first, secondMoments: second),
      context: context)
  }

  init(_ layouts: Layouts, context: ExecutionContext?) throws(TesseraError) {
    let context = try ExecutionContext.resolve(context)
    let (rows, columns) = (layouts.parameters.rows, layouts.parameters.columns)
    try OperandPlacement(operation: OperatorDescriptor.adamW.name).check(
      rows: rows, columns: columns,
      [
        ("parameters", layouts.parameters, true), ("earlier-parameters", layouts.earlierParameters, false),
        ("gradients", layouts.gradients, false), ("first-moments", layouts.firstMoments, true),
        ("earlier-first-moments", layouts.earlierFirstMoments, false),
        ("second-moments", layouts.secondMoments, true),
        ("earlier-second-moments", layouts.earlierSecondMoments, false),
      ])
    try OperatorDescriptor.adamW.checkSize([.rows: rows, .columns: columns])
    (self.layouts, self.context) = (layouts, context)
    kernel = OptimizerKernels.variants.best(for: context.instructionSet).adamw
    partition = ElementPartition(
      [
        layouts.parameters, layouts.earlierParameters, layouts.gradients, layouts.firstMoments,
        layouts.earlierFirstMoments, layouts.secondMoments, layouts.earlierSecondMoments,
      ], bytesPerElement: 4 * MemoryLayout<Float>.stride)
  }

  /// Takes a step in place. Moments are 0 before the first step. No two of the four share memory. NaN and infinities of
  /// an element's gradient reach its parameter and moments. Throws before anything is written where a span is too short
  /// or an option is out of range.
  public func run(
    _ options: AdamWOptions, parameters: consuming MutableSpan<Float>, gradients: Span<Float>,
    firstMoments: consuming MutableSpan<Float>, secondMoments: consuming MutableSpan<Float>
  ) throws(TesseraError) {
    var parameters = parameters
    var firstMoments = firstMoments
    var secondMoments = secondMoments
    try gradients.withBuffer { gradients throws(TesseraError) in
      try parameters.withMutableBuffer { parameters throws(TesseraError) in
        try firstMoments.withMutableBuffer { first throws(TesseraError) in
          try secondMoments.withMutableBuffer { second throws(TesseraError) in
            try run(
              options,
              AdamWOperands(
                earlierParameters: UnsafeBufferPointer(parameters), gradients: gradients,
                earlierFirstMoments: UnsafeBufferPointer(first), earlierSecondMoments: UnsafeBufferPointer(second),
                parameters: parameters, firstMoments: first, secondMoments: second))
          }
        }
      }
    }
  }

  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ options: AdamWOptions, _ operands: AdamWOperands) throws(TesseraError) {
    try options.check()
    try operands.check(layouts)
    let factors = tsr_adamw_f32(options)
    let traffic = context.pool.run(itemCount: partition.itemCount, order: .neighbouring) { item, worker in
      let part = partition.part(ofItem: item)
      var block = operands.block(factors, layouts, part)
      kernel(&block)
      let bytes = ElementType.float32.byteCount(ofElements: part.count)
      worker.count(readBytes: 4 * bytes, writtenBytes: 3 * bytes)
    }
    context.ledger?.record(.adamW, extents: [.rows: rows, .columns: columns], mode: .training, traffic: traffic)
  }
}

/// A step of AdamW in one call. See `AdamWPlan`.
public func adamW(
  _ options: AdamWOptions, parameters: consuming MutableSpan<Float>, _ layout: MatrixLayout, gradients: Span<Float>,
  firstMoments: consuming MutableSpan<Float>, secondMoments: consuming MutableSpan<Float>,
  context: ExecutionContext? = nil
) throws(TesseraError) {
  try AdamWPlan(parameters: layout, context: context).run(
    options, parameters: parameters, gradients: gradients, firstMoments: firstMoments, secondMoments: secondMoments)
}
