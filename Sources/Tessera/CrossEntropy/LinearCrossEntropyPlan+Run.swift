import CTesseraKernels

extension LinearCrossEntropyPlan {
  /// Checks the operands, then runs; nothing is written when it throws.
  func run(_ operands: LinearCrossEntropyOperands) throws(TesseraError) -> Float {
    try check(operands)
    let rows = layouts.input.rows
    let counted = operands.targets.prefix(rows).reduce(0) { $1 == options.ignoredTarget ? $0 : $0 + 1 }
    let factor = options.factor(counted: counted)
    // Targets, losses and the loss; what chunks move comes on top.
    var traffic = Traffic(
      readBytes: ElementType.int32.byteCount(ofElements: rows),
      writtenBytes: ElementType.float32.byteCount(ofElements: rows + 1), updates: 1)
    var sum = 0.0
    for index in 0..<chunkCount {
      let chunk = index == 0 ? chunks[0] : index == chunkCount - 1 ? chunks[chunks.count - 1] : chunks[1]
      let first = index * memory.rowsPerChunk
      gather(first..<first + chunk.rows, operands)
      var product = chunk.logits.run(
        GemmPlan.Operands(
          left: UnsafePointer(memory.inputs.pointer), right: start(operands.weight), output: memory.logits.pointer))
      let stays = logitsStay(chunk)
      if stays { product.writtenBytes = 0 }
      traffic += product
      traffic += logitsToGradients(first, chunk, operands.targets, Float(factor), stays: stays)
      sum += finish(first, chunk, operands)
      traffic += multiplyBack(first, chunk, operands, stays: stays)
    }
    context.ledger?.record(descriptor, extents: extents, mode: mode, traffic: traffic)
    return Float(factor * sum)
  }

  /// Gathers a chunk's inputs, with zeros for those of rows that do not count: whatever they hold, products of theirs
  /// are 0.
  private func gather(_ rows: Range<Int>, _ operands: LinearCrossEntropyOperands) {
    let depth = layouts.input.columns
    for (place, row) in rows.enumerated() {
      let copy = memory.inputs.pointer + place * memory.inputStride
      if operands.targets[row] == options.ignoredTarget {
        copy.update(repeating: 0, count: depth)
      } else if let start = operands.input.start(layouts.input, row: row) {
        copy.update(from: start, count: depth)
      }
    }
  }

  /// Whether a chunk's logits are still in fast memory when they are read again: beside the weights and the chunk's
  /// rows.
  private func logitsStay(_ chunk: LinearCrossEntropyChunk) -> Bool {
    let elements =
      chunk.rows * memory.logitsStride + 2 * layouts.weight.rows * layouts.weight.columns
      + 2 * chunk.rows * memory.inputStride
    return elements * MemoryLayout<Float>.stride <= context.fastMemoryBytes
  }

  private func logitsToGradients(
    _ first: Int, _ chunk: LinearCrossEntropyChunk, _ targets: UnsafeBufferPointer<Int32>, _ factor: Float, stays: Bool
  ) -> Traffic {
    let columns = layouts.weight.rows
    let rowBytes = ElementType.float32.byteCount(ofElements: columns)
    // Of no columns no row counts.
    let partition = RowPartition(rows: columns == 0 ? 0 : chunk.rows, bytesPerRow: rowBytes)
    return context.pool.run(itemCount: partition.itemCount, order: .neighbouring) { item, worker in
      let rows = partition.rows(ofItem: item)
      var block = tsr_cross_entropy_f32(
        rows: rows.count, columns: columns, logits: memory.logits.pointer + rows.lowerBound * memory.logitsStride,
        logits_stride: memory.logitsStride, targets: targets.baseAddress! + first + rows.lowerBound,
        ignored: options.ignoredTarget, smoothing: options.labelSmoothing, factor: factor,
        results: memory.results.pointer + rows.lowerBound, gradients: mode == .training)
      kernel(&block)
      let bytes = stays ? 0 : rows.count * rowBytes
      worker.count(readBytes: bytes, writtenBytes: bytes)
    }
  }

  /// Writes the losses of a chunk and returns their sum, in the order of the rows.
  private func finish(_ first: Int, _ chunk: LinearCrossEntropyChunk, _ operands: LinearCrossEntropyOperands) -> Double
  {
    let smoothing = Double(options.labelSmoothing)
    var sum = 0.0
    for place in 0..<chunk.rows {
      guard operands.targets[first + place] != options.ignoredTarget else {
        operands.losses[first + place] = 0
        continue
      }
      let result = memory.results.pointer[place]
      var loss = naturalLogarithm(Double(result.sum))
      // A part that is nothing is left out, because it may be of an infinity.
      if smoothing < 1 { loss += (1 - smoothing) * Double(result.target) }
      if smoothing > 0 { loss += smoothing * Double(result.differences) / Double(layouts.weight.rows) }
      operands.losses[first + place] = Float(loss)
      sum += loss
    }
    return sum
  }

  /// The gradients of a chunk's inputs, and its part of the weights'.
  private func multiplyBack(
    _ first: Int, _ chunk: LinearCrossEntropyChunk, _ operands: LinearCrossEntropyOperands, stays: Bool
  ) -> Traffic {
    guard let ofInput = chunk.inputGradient, let ofWeight = chunk.weightGradient, let dX = operands.inputGradient,
      let dW = operands.weightGradient, let weight = operands.weightForInputGradient
    else { return Traffic() }
    let layout = layouts.inputGradient
    var traffic = ofInput.run(
      GemmPlan.Operands(
        left: UnsafePointer(memory.logits.pointer), right: start(weight),
        output: dX.baseAddress.map { $0 + layout.offset + first * layout.rowStride }))
    // The products of weights that are not finite with 0 are not.
    for row in first..<first + chunk.rows where operands.targets[row] == options.ignoredTarget {
      dX.start(layout, row: row)?.update(repeating: 0, count: layout.columns)
    }
    traffic += ofWeight.run(
      GemmPlan.Operands(
        left: UnsafePointer(memory.logits.pointer), right: UnsafeRawPointer(memory.inputs.pointer),
        output: dW.baseAddress.map { $0 + layouts.weightGradient.offset }))
    if stays, layout.columns > 0 {
      // Each product has read them once.
      traffic.readBytes -= 2 * ElementType.float32.byteCount(ofElements: chunk.rows * layouts.weight.rows)
    }
    return traffic
  }
}

extension CrossEntropyOptions {
  /// What the sum of so many counted rows' losses is multiplied by.
  fileprivate func factor(counted: Int) -> Double {
    switch reduction {
    case .sum: Double(scale)
    case .mean: counted == 0 ? 0 : Double(scale) / Double(counted)
    }
  }
}
