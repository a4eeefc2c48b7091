import CTesseraKernels

/// The memory of one step.
struct AdamWOperands {
  let earlierParameters, gradients, earlierFirstMoments, earlierSecondMoments: UnsafeBufferPointer<Float>
  let parameters, firstMoments, secondMoments: UnsafeMutableBufferPointer<Float>

  /// Throws where memory is short or shared, but by what is written with its earlier one.
  func check(_ layouts: AdamWPlan.Layouts) throws(TesseraError) {
    let descriptor = OperatorDescriptor.adamW
    let place = OperandPlacement(operation: descriptor.name)
    let written: InlineArray<3, PlacedMatrix> = [
      try place.matrix("parameters", writing: parameters, layouts.parameters),
      try place.matrix("first-moments", writing: firstMoments, layouts.firstMoments),
      try place.matrix("second-moments", writing: secondMoments, layouts.secondMoments),
    ]
    try checkOverlap(
      descriptor,
      reads: [
        try place.matrix("earlier-parameters", earlierParameters, layouts.earlierParameters),
        try place.matrix("gradients", gradients, layouts.gradients),
        try place.matrix("earlier-first-moments", earlierFirstMoments, layouts.earlierFirstMoments),
        try place.matrix("earlier-second-moments", earlierSecondMoments, layouts.earlierSecondMoments),
      ], writes: written)
  }

  /// A part of the step as the kernel takes it, with the factors of `step`.
  func block(
    _ step: tsr_adamw_f32, _ layouts: AdamWPlan.Layouts, _ part: ElementPartition.Part
  ) -> tsr_adamw_f32 {
    var block = step
    (block.rows, block.columns) = (part.rows, part.columns)
    block.earlier_parameters = earlierParameters.start(layouts.earlierParameters, of: part)
    block.earlier_parameters_stride = layouts.earlierParameters.rowStride
    block.gradients = gradients.start(layouts.gradients, of: part)
    block.gradients_stride = layouts.gradients.rowStride
    block.earlier_first_moments = earlierFirstMoments.start(layouts.earlierFirstMoments, of: part)
    block.earlier_first_moments_stride = layouts.earlierFirstMoments.rowStride
    block.earlier_second_moments = earlierSecondMoments.start(layouts.earlierSecondMoments, of: part)
    block.earlier_second_moments_stride = layouts.earlierSecondMoments.rowStride
    block.parameters = parameters.start(layouts.parameters, of: part)
    block.parameters_stride = layouts.parameters.rowStride
    block.first_moments = firstMoments.start(layouts.firstMoments, of: part)
    block.first_moments_stride = layouts.firstMoments.rowStride
    block.second_moments = secondMoments.start(layouts.secondMoments, of: part)
    block.second_moments_stride = layouts.secondMoments.rowStride
    return block
  }
}

extension tsr_adamw_f32 {
  /// The factors of a step, each rounded once.
  init(_ options: AdamWOptions) {
    self.init()
    gradient_scale = options.gradientScale
    (first_decay, first_rest) = (Float(options.firstDecay), Float(1 - options.firstDecay))
    (second_decay, second_rest) = (Float(options.secondDecay), Float(1 - options.secondDecay))
    root_scale = Float(1 / (1 - power(options.secondDecay, options.step)).squareRoot())
    epsilon = Float(options.epsilon)
    rate = Float(options.learningRate / (1 - power(options.firstDecay, options.step)))
    decay = Float(1 - options.learningRate * options.weightDecay)
  }
}
