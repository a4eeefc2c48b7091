import RealModule
import TesseraCore

/// output[r][c] = Σ_k input[r][k] · weight[c][k], summed from k = 0 upwards; 0 where depth is 0.
public func linear<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let (rows, columns, depth) = (call.extents[.rows], call.extents[.columns], call.extents[.depth])
  let (input, weight) = (call.input("input"), call.input("weight"))
  var output: [Scalar] = []
  output.reserveCapacity(rows * columns)
  for row in 0..<rows {
    for column in 0..<columns {
      var sum: Scalar = 0
      for k in 0..<depth { sum += input[row * depth + k] * weight[column * depth + k] }
      output.append(sum)
    }
  }
  return ["output": output]
}

/// The same with weights that a model file stores otherwise, already as numbers, added to a residual where there is
/// one. `output-terms` are Σ_k |input[r][k] · weight[c][k]|, and |residual[r][c]|.
public func storedLinear<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let product = linear(call)["output"]!
  var magnitudes = call
  for name in ["input", "weight"] { magnitudes.inputs[name] = call.input(name).map(\.magnitude) }
  let terms = linear(magnitudes)["output"]!
  guard let residual = call.inputs["residual"] else { return ["output": product, "output-terms": terms] }
  return [
    "output": zip(residual, product).map { $0 + $1 }, "output-terms": zip(residual, terms).map { $0.magnitude + $1 },
  ]
}

/// output[r][c] = table[ids[r]][c].
public func embeddingRows<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let (columns, table) = (call.extents[.columns], call.input("table"))
  return ["output": call.input("ids").flatMap { table[Int($0) * columns..<(Int($0) + 1) * columns] }]
}

/// output[p][r][c] = Σ_k left[p][r][k] · right[p][k][c], or right[p][c][k] with `transposesRight`; 0 where depth is 0.
public func batchedContraction<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (planes, rows) = (call.extents[.planes], call.extents[.rows])
  let (columns, depth) = (call.extents[.columns], call.extents[.depth])
  let (left, right) = (call.input("left"), call.input("right"))
  let (depthStride, columnStride) = call.request.transposesRight ? (1, depth) : (columns, 1)
  var output: [Scalar] = []
  output.reserveCapacity(planes * rows * columns)
  for plane in 0..<planes {
    for row in 0..<rows {
      for column in 0..<columns {
        var sum: Scalar = 0
        for k in 0..<depth {
          sum +=
            left[(plane * rows + row) * depth + k]
            * right[plane * depth * columns + k * depthStride + column * columnStride]
        }
        output.append(sum)
      }
    }
  }
  return ["output": output]
}
