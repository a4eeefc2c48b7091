import CTesseraKernels

extension ContractionKernels {
  /// The contracts are in tsr_contraction.h.
  static let portable = ContractionKernels(
    panel: portablePanelColumns, pack: tsr_f32_contraction_pack__portable, block: tsr_f32_contraction_block__portable,
    rows: tsr_f32_contraction_rows__portable, store: tsr_f32_contraction_store__portable)
}

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
  func multiply(_ count: Int, at row: Int) {
    for panel in stride(from: 0, to: block.columns, by: portablePanelColumns) {
      let right = block.right! + panel / portablePanelColumns * block.panel_stride
      multiplyRows(count, at: row, panel: panel, right: right, of: block)
    }
  }
  var row = 0
  while row + 4 <= block.rows {
    multiply(4, at: row)
    row += 4
  }
  while row < block.rows {
    multiply(1, at: row)
    row += 1
  }
}

/// One register tile: `count` rows, 1 or 4, of eight columns.
@inline(__always)
private func multiplyRows(
  _ count: Int, at row: Int, panel: Int, right: UnsafePointer<Float>, of block: tsr_contraction_block_f32
) {
  let columns = min(portablePanelColumns, block.columns - panel)
  func addend(_ index: Int, _ isWanted: Bool) -> SIMD8<Float> {
    guard let addend = block.addend, index < count, isWanted else { return SIMD8(repeating: 0) }
    return loadLanes(addend + (row + index) * block.addend_stride + panel, at: 0, of: columns)
  }
  func start(_ index: Int) -> SIMD8<Float> { addend(index, !block.addend_last) }
  var (sum0, sum1, sum2, sum3) = (start(0), start(1), start(2), start(3))
  if block.depth > 0 {
    let left0 = block.left! + row * block.left_stride
    for k in 0..<block.depth {
      let lanes = UnsafeRawPointer(right + k * block.right_stride).loadUnaligned(as: SIMD8<Float>.self)
      sum0 = multiplyAdd(SIMD8(repeating: left0[k]), lanes, sum0)
      if count == 4 {
        sum1 = multiplyAdd(SIMD8(repeating: left0[k + block.left_stride]), lanes, sum1)
        sum2 = multiplyAdd(SIMD8(repeating: left0[k + 2 * block.left_stride]), lanes, sum2)
        sum3 = multiplyAdd(SIMD8(repeating: left0[k + 3 * block.left_stride]), lanes, sum3)
      }
    }
  }
  func store(_ sum: SIMD8<Float>, _ index: Int) {
    let output = block.output! + (row + index) * block.output_stride + panel
    let factor = block.factors?[row + index] ?? 1
    let whole = block.addend_last ? sum + addend(index, true) : sum
    storeLanes(factor == 0 ? SIMD8(repeating: 0) : whole * factor, to: output, at: 0, of: columns)
  }
  store(sum0, 0)
  if count == 4 {
    store(sum1, 1)
    store(sum2, 2)
    store(sum3, 3)
  }
}

/// The contract is in tsr_contraction.h.
func tsr_f32_contraction_rows__portable(_ call: UnsafePointer<tsr_contraction_rows_f32>?) {
  let call = call!.pointee
  for row in 0..<call.rows where call.depth > 0 {
    let source = call.left! + row * call.row_stride
    let target = call.packed! + row * call.packed_stride
    for k in 0..<call.depth { target[k] = source[k * call.depth_stride] }
  }
}

/// The contract is in tsr_contraction.h; `streaming` is a wish that plain Swift cannot grant.
func tsr_f32_contraction_store__portable(_ call: UnsafePointer<tsr_contraction_store_f32>?) {
  let call = call!.pointee
  for row in 0..<call.rows {
    for panel in 0..<(call.columns + portablePanelColumns - 1) / portablePanelColumns {
      let first = panel * portablePanelColumns
      (call.output! + row * call.output_stride + first).update(
        from: call.sums! + panel * call.panel_stride + row * portablePanelColumns,
        count: min(portablePanelColumns, call.columns - first))
    }
  }
}
