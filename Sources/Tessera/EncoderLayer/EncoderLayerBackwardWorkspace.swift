/// The backward pass's memory for gradients on their way: one block, whose parts stand where what lay there before is
/// not read any more.
///
///     stream     of the first half's sum, and before that of its norm's output, from linear 1 to the end
///     branch     of what linear 2 gives, later of what out gives; only where something is dropped
///     attended   post: of the second half's sum; later of attention's result; pre: last of the first norm's output
///     wide       of linear 1's result, later of queries, keys and values; before them what linear 2 read, where the
///                pass makes that again
struct EncoderLayerBackwardWorkspace {
  let stream, branch, attended, wide: UnsafeMutableBufferPointer<Float>
  /// Sums over rows on their way to gradients that they are added to.
  let rows: EncoderLayerRowGradients
  private let block: AlignedBuffer<Float>

  /// All of it.
  var elements: UnsafeMutableBufferPointer<Float> { block.elements }

  var byteCount: Int { ElementType.float32.byteCount(ofElements: block.count) }

  init(_ problem: EncoderLayerProblem) throws(TesseraError) {
    let (tokens, hidden, inner) = (problem.tokens, problem.hidden, problem.feedforward)
    let counts = [
      tokens * hidden, problem.drops ? tokens * hidden : 0, tokens * problem.attendedGradient.rowStride,
      tokens * max(inner, problem.jointGradient.rowStride), hidden, hidden, hidden, hidden,
    ]
    block = try AlignedBuffer(uninitializedCount: counts.reduce(0) { $0 + wholeLines($1) })
    var end = 0
    var parts: [UnsafeMutableBufferPointer<Float>] = []
    for count in counts {
      parts.append(UnsafeMutableBufferPointer(rebasing: block.elements[end..<end + count]))
      end += wholeLines(count)
    }
    (stream, branch, attended, wide) = (parts[0], parts[1], parts[2], parts[3])
    rows = EncoderLayerRowGradients(
      norm1Weight: parts[4], norm1Shift: parts[5], norm2Weight: parts[6], norm2Shift: parts[7])
  }
}

extension EncoderLayerProblem {
  /// Whether some element may be dropped.
  var drops: Bool { mode == .training && dropout.map { !$0.isIdentity } ?? false }

  /// Floats between rows of the gradients that attention reads and writes: a line more than its columns, so that rows
  /// are not a multiple of 4 KiB apart.
  package static func gradientStride(columns: Int) -> Int { columns + 16 }

  /// Gradients of queries, keys and values as token rows of the joint map's result.
  var jointGradient: MatrixLayout {
    MatrixLayout(rows: tokens, columns: 3 * hidden, rowStride: Self.gradientStride(columns: 3 * hidden))
  }

  /// The gradient of attention's result, likewise.
  var attendedGradient: MatrixLayout {
    MatrixLayout(rows: tokens, columns: hidden, rowStride: Self.gradientStride(columns: hidden))
  }

  /// Attention with its gradients in those rows.
  var attentionBackward: AttentionProblem {
    get throws(TesseraError) {
      var attention = try attention
      func columns(_ layout: MatrixLayout, from offset: Int) -> BatchedMatrixLayout {
        let dimension = hidden / heads
        return BatchedMatrixLayout(
          planes: batch * heads, innerPlanes: heads, rows: length, columns: dimension,
          outerStride: length * layout.rowStride, innerStride: dimension, rowStride: layout.rowStride, offset: offset)
      }
      attention.gradients.output = columns(attendedGradient, from: 0)
      attention.gradients.queries = columns(jointGradient, from: 0)
      attention.gradients.keys = columns(jointGradient, from: hidden)
      attention.gradients.values = columns(jointGradient, from: 2 * hidden)
      return attention
    }
  }
}
