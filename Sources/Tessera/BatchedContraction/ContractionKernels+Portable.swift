import CTesseraKernels

/// Two vectors of four: with four rows, eight accumulators of SSE2's sixteen registers (of NEON's 32, too).
let portablePanelColumns = 8

/// The contract is in tsr_contraction.h.
func tsr_f32_contraction_pack__portable(_ tile: UnsafePointer<tsr_contraction_pack_f32>?) {
  let tile = tile!.pointee
  let right = tile.right
  var target = tile.packed!
  for panel in stride(from: 0, to: tile.columns, by: portablePanelColumns) {
    let width = min(portablePanelColumns, tile.columns - panel)
    for k in 0..<tile.depth {
      let source = right! + k * tile.depth_stride + panel * tile.column_stride
      for column in 0..<width { target[column] = source[column * tile.column_stride] }
      for column in width..<portablePanelColumns { target[column] = 0 }
      target += portablePanelColumns
    }
  }
}

/// The contract is in tsr_contraction.h, but for the rounding of a product, which off arm64 comes before the sum's.
func tsr_f32_contraction_block__portable(_ block: UnsafePointer<tsr_contraction_block_f32>?) {
  let block = block!.pointee
  for panel in stride(from: 0, to: block.columns, by: portablePanelColumns) {
    let packed = block.packed! + panel * block.packed_depth
    var row = 0
    while row + 4 <= block.rows {
      multiplyRows(4, at: row, panel: panel, packed: packed, of: block)
      row += 4
    }
    while row < block.rows {
      multiplyRows(1, at: row, panel: panel, packed: packed, of: block)
      row += 1
    }
  }
}

/// One register tile: `count` rows, 1 or 4, of eight columns.
@inline(__always)
private func multiplyRows(
  _ count: Int, at row: Int, panel: Int, packed: UnsafePointer<Float>, of block: tsr_contraction_block_f32
) {
  let columns = min(portablePanelColumns, block.columns - panel)
  let output = block.output! + row * block.output_stride + panel
  func start(_ index: Int) -> SIMD8<Float> {
    block.accumulate && index < count
      ? loadLanes(output + index * block.output_stride, at: 0, of: columns) : SIMD8(repeating: 0)
  }
  var (sum0, sum1, sum2, sum3) = (start(0), start(1), start(2), start(3))
  if block.depth > 0 {
    let left0 = block.left! + row * block.left_stride
    for k in 0..<block.depth {
      let right = UnsafeRawPointer(packed + k * portablePanelColumns).loadUnaligned(as: SIMD8<Float>.self)
      sum0 = multiplyAdd(SIMD8(repeating: left0[k]), right, sum0)
      if count == 4 {
        sum1 = multiplyAdd(SIMD8(repeating: left0[k + block.left_stride]), right, sum1)
        sum2 = multiplyAdd(SIMD8(repeating: left0[k + 2 * block.left_stride]), right, sum2)
        sum3 = multiplyAdd(SIMD8(repeating: left0[k + 3 * block.left_stride]), right, sum3)
      }
    }
  }
  storeLanes(sum0, to: output, at: 0, of: columns)
  if count == 4 {
    storeLanes(sum1, to: output + block.output_stride, at: 0, of: columns)
    storeLanes(sum2, to: output + 2 * block.output_stride, at: 0, of: columns)
    storeLanes(sum3, to: output + 3 * block.output_stride, at: 0, of: columns)
  }
}
