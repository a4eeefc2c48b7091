import CTesseraKernels

/// The bias and the split into heads that ride on a product, whose finished sums are their input.
extension AttentionInputBiasPlan {
  /// The epilogue of a call whose operands have been checked; of them `input` is not used.
  func epilogue(_ operands: Operands) -> GemmEpilogue {
    // The outputs alone pass; what the product would have stored does not.
    let bytes = ElementType.float32.byteCount(ofElements: problem.input.rows * problem.input.columns)
    let streams = bytes > context.fastMemoryBytes
    return GemmEpilogue(
      traffic: { rows, columns in
        let rowBytes = ElementType.float32.byteCount(ofElements: columns)
        return Traffic(readBytes: rowBytes, writtenBytes: rows * rowBytes)
      },
      take: { sums, _ in
        // A kernel call stays inside one sequence, whose tokens are at equal distances.
        var start = sums.rows.lowerBound
        while start < sums.rows.upperBound {
          let sequence = start / problem.length
          let end = min(sums.rows.upperBound, (sequence + 1) * problem.length)
          split(sums, tokens: start..<end, sequence: sequence, operands, streams: streams)
          start = end
        }
      })
  }

  /// Takes the sums' columns of each of queries, keys and values to their heads.
  private func split(_ sums: GemmFinishedBlock, tokens: Range<Int>, sequence: Int, _ operands: Operands, streams: Bool)
  {
    let dimension = problem.headDimension
    var first = 0
    for index in 0..<3 {
      let heads = index == 0 ? problem.queryHeads : problem.keyValueHeads
      let wanted = sums.columns.clamped(to: first..<first + heads * dimension)
      var column = wanted.lowerBound
      while column < wanted.upperBound {
        let (head, inHead) = (column - first).quotientAndRemainder(dividingBy: dimension)
        let left = wanted.upperBound - column
        // Whole heads at once; of a head that the block has in part, that part.
        let whole = inHead == 0 ? left / dimension : 0
        let columns = whole > 0 ? 0..<dimension : inHead..<min(dimension, inHead + left)
        var block = tsr_attention_input_bias_f32()
        block.tokens = tokens.count
        block.input =
          sums.sums + (tokens.lowerBound - sums.rows.lowerBound) * sums.rowStride + column - sums.columns.lowerBound
        block.input_stride = sums.rowStride
        block.bias = operands.bias.baseAddress.map { UnsafePointer($0 + column) }
        block.groups.0 = group(
          operands, index, sequence: sequence, token: tokens.lowerBound - sequence * problem.length,
          heads: head..<head + max(1, whole), columns: columns)
        block.streaming = streams
        kernel(&block)
        column += max(1, whole) * columns.count
      }
      first += heads * dimension
    }
  }
}
