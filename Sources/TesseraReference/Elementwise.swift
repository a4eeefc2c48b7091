import RealModule
import TesseraCore

/// output[r][c] = input[r][c] + bias[c]
public func bias<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let (columns, bias) = (call.extents[.columns], call.input("bias"))
  return ["output": call.input("input").enumerated().map { index, value in value + bias[index % columns] }]
}

/// output[r][c] = scale · input[r][c]
public func scale<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let factor = Scalar(call.request.scale)
  return ["output": call.input("input").map { $0 * factor }]
}

/// output[r][c] = input[r][c] + residual[r][c]
public func residual<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  ["output": zip(call.input("input"), call.input("residual")).map { $0 + $1 }]
}

/// output = kept ? input / (1 − p_effective) : 0, and the mask of what is kept, 1 or 0.
public func dropout<Scalar: Real & BinaryFloatingPoint>(_ call: ReferenceCall<Scalar>) -> [String: [Scalar]] {
  let (rows, columns) = (call.extents[.rows], call.extents[.columns])
  let decisions = DropoutDefinition(call.request)
  let input = call.input("input")
  let mask: [Scalar] = input.indices.map { index in
    let (line, column) = index.quotientAndRemainder(dividingBy: columns)
    return decisions.keeps(plane: line / rows, row: line % rows, column: column) ? 1 : 0
  }
  // Selected, not multiplied: a dropped NaN or infinity is 0.
  let output = zip(input, mask).map { value, kept in kept == 1 ? value * decisions.keptScale() : 0 }
  return ["output": output, "mask": mask]
}
