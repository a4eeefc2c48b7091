import CTesseraKernels

extension EmbeddingRowsGradientPlan {
  /// An item of rows that are named: the sums of its numbers, in its columns. A row of the table counts once for each
  /// row that is added to it, as in the least bytes, but where the table's is written only.
  func sum(
    _ item: NamedRowItems.Item, _ order: UnsafeBufferPointer<Int>, _ operands: Operands, worker: Int
  ) -> Traffic {
    let columns = item.columns
    let bytes = ElementType.float32.byteCount(ofElements: columns.count)
    var (place, numbers) = (item.places.lowerBound, 0)
    while place < item.places.upperBound {
      let end = min(item.places.upperBound, RowsByNumber.end(ofNumberAt: place, in: order, operands.ids))
      let number = Int(operands.ids[order[place]])
      let output = operands.tableGradient.start(tableGradient, row: number, column: columns.lowerBound)!
      sum(order, place..<end, operands, columns: columns, to: output, worker: worker)
      (place, numbers) = (end, numbers + 1)
    }
    let rows = item.places.count
    return accumulates
      ? Traffic(readBytes: 2 * rows * bytes, writtenBytes: rows * bytes)
      : Traffic(readBytes: rows * bytes, writtenBytes: numbers * bytes)
  }

  /// The rows at these places of the order, which have the same number.
  private func sum(
    _ order: UnsafeBufferPointer<Int>, _ places: Range<Int>, _ operands: Operands, columns: Range<Int>,
    to output: UnsafeMutablePointer<Float>, worker: Int
  ) {
    var call = tsr_ordered_row_sum_f32()
    (call.columns, call.output) = (columns.count, output)
    call.input = operands.outputGradient.start(outputGradient, row: 0, column: columns.lowerBound)
    call.input_stride = outputGradient.rowStride
    (call.accumulates, call.streaming) = (accumulates, usesNonTemporalStores)
    func run(from place: Int) {
      call.order = order.baseAddress! + place
      call.rows = min(Self.rowsPerSum, places.upperBound - place)
      kernel(&call)
    }
    run(from: places.lowerBound)
    guard places.count > Self.rowsPerSum else { return }
    let (sums, totals) = scratch(ofWorker: worker)
    for column in 0..<columns.count { totals[column] = Double(output[column]) }
    (call.output, call.accumulates, call.streaming) = (sums, false, false)
    for place in stride(from: places.lowerBound + Self.rowsPerSum, to: places.upperBound, by: Self.rowsPerSum) {
      run(from: place)
      for column in 0..<columns.count { totals[column] += Double(sums[column]) }
    }
    for column in 0..<columns.count { output[column] = Float(totals[column]) }
  }

  /// Zeros in those of these rows of the table that no number names.
  func clear(_ rows: Range<Int>, _ order: UnsafeBufferPointer<Int>, _ operands: Operands) -> Traffic {
    var call = tsr_ordered_row_sum_f32()
    (call.columns, call.streaming) = (columns, usesNonTemporalStores)
    var place = RowsByNumber.start(of: rows.lowerBound, in: order, operands.ids)
    var cleared = 0
    for row in rows {
      guard place == order.count || Int(operands.ids[order[place]]) > row else {
        place = RowsByNumber.end(ofNumberAt: place, in: order, operands.ids)
        continue
      }
      call.output = operands.tableGradient.start(tableGradient, row: row)
      kernel(&call)
      cleared += 1
    }
    return Traffic(readBytes: 0, writtenBytes: cleared * ElementType.float32.byteCount(ofElements: columns))
  }
}
