import RealModule
import TesseraCore

/// New keys, turned at their positions, and values in a cache of as many positions as there are new tokens: what is at
/// position p is in the slot p mod length.
public func cacheAppend<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let (batch, heads, length) = (call.extents[.batch], call.extents[.keyValueHeads], call.extents[.queryLength])
  var rotation = OperatorRequest(
    extents: [.planes: batch * heads, .rows: length, .columns: call.extents[.headDimension]])
  rotation.rotary = call.request.rotary
  rotation.rotary.sequences = batch
  let rotated = rotaryEmbedding(ReferenceCall(rotation, inputs: ["input": call.input("keys")]))
  func cached(_ heads: [Scalar], _ columns: Int) -> [Scalar] {
    var output = heads
    for row in 0..<batch * call.extents[.keyValueHeads] * length where columns > 0 {
      let (plane, token) = row.quotientAndRemainder(dividingBy: length)
      let start = rotation.rotary.starts?[plane / call.extents[.keyValueHeads]] ?? 0
      let slot = plane * length + (start + token) % length
      for column in 0..<columns { output[slot * columns + column] = heads[row * columns + column] }
    }
    return output
  }
  return [
    "cached-keys": cached(rotated["output"]!, call.extents[.headDimension]),
    "cached-values": cached(call.input("values"), call.extents[.valueDimension]),
  ]
}
