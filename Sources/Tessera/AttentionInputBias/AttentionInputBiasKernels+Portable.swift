import CTesseraKernels

extension AttentionInputBiasKernels {
  static let portable = AttentionInputBiasKernels(
    attention_input_bias: tsr_f32_attention_input_bias__portable)
}

/// The contract is in tsr_attention_input_bias.h. `streaming` is a wish that plain Swift cannot grant.
func tsr_f32_attention_input_bias__portable(_ block: UnsafePointer<tsr_attention_input_bias_f32>?) {
  let block = block!.pointee
  for token in 0..<block.tokens {
    var input = block.input! + token * block.input_stride
    var bias = block.bias!
    for group in [block.groups.0, block.groups.1, block.groups.2] {
      for head in 0..<group.heads {
        let output = group.output! + token * group.token_stride + head * group.head_stride
        for column in stride(from: 0, to: group.columns, by: 8) {
          let sum = loadLanes(input, at: column, of: group.columns) + loadLanes(bias, at: column, of: group.columns)
          storeLanes(sum, to: output, at: column, of: group.columns)
        }
        input += group.columns
        bias += group.columns
      }
    }
  }
}
