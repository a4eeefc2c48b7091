import RealModule
import TesseraCore

/// queries, keys and values: batch × heads × length × dimension, each element of the input plus its column's bias. A
/// token's row has the heads of the queries, then those of the keys, then those of the values.
public func attentionInputBias<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (batch, length) = (call.extents[.batch], call.extents[.queryLength])
  let (queryHeads, keyValueHeads) = (call.extents[.queryHeads], call.extents[.keyValueHeads])
  let dimension = call.extents[.headDimension]
  let width = (queryHeads + 2 * keyValueHeads) * dimension
  let (input, bias) = (call.input("input"), call.input("bias"))
  func heads(_ range: Range<Int>) -> [Scalar] {
    var output: [Scalar] = []
    for sequence in 0..<batch {
      for head in range {
        for token in 0..<length {
          for column in head * dimension..<(head + 1) * dimension {
            output.append(input[(sequence * length + token) * width + column] + bias[column])
          }
        }
      }
    }
    return output
  }
  return [
    "queries": heads(0..<queryHeads), "keys": heads(queryHeads..<queryHeads + keyValueHeads),
    "values": heads(queryHeads + keyValueHeads..<queryHeads + 2 * keyValueHeads),
  ]
}
