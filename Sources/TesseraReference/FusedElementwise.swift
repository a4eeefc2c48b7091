import RealModule
import TesseraCore

/// output[p][r][c] = dropout(activation(input[p][r][c] + bias[c])); inference does not drop.
public func biasActivationDropout<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (columns, bias) = (call.extents[.columns], call.input("bias"))
  let sums = call.input("input").enumerated().map { index, value in value + bias[index % columns] }
  return ["output": dropped(sums.map { activated($0, call.request.activation) }, call)]
}

/// output[p][r][c] = dropout(input[p][r][c] + bias[c]) + residual[p][r][c]; inference does not drop.
public func biasDropoutResidual<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (columns, bias) = (call.extents[.columns], call.input("bias"))
  let sums = call.input("input").enumerated().map { index, value in value + bias[index % columns] }
  return ["output": zip(dropped(sums, call), call.input("residual")).map { $0 + $1 }]
}

/// output[r][c] = max(input[r][c] + bias[c], 0) + residual[r][c]
public func biasReLUResidual<Scalar: Real & BinaryFloatingPoint>(
  _ call: ReferenceCall<Scalar>
) -> [String: [Scalar]] {
  let (columns, bias) = (call.extents[.columns], call.input("bias"))
  let output = call.input("input").enumerated().map { index, value in
    activated(value + bias[index % columns], .relu) + call.input("residual")[index]
  }
  return ["output": output]
}

/// Planes of rows with what dropout leaves of them. Selected, not multiplied: a dropped NaN or infinity is 0.
private func dropped<Scalar: Real & BinaryFloatingPoint>(
  _ values: [Scalar], _ call: ReferenceCall<Scalar>
) -> [Scalar] {
  guard call.request.mode == .training else { return values }
  let (rows, columns) = (call.extents[.rows], call.extents[.columns])
  let decisions = DropoutDefinition(call.request)
  return values.enumerated().map { index, value in
    let (line, column) = index.quotientAndRemainder(dividingBy: columns)
    return decisions.keeps(plane: line / rows, row: line % rows, column: column) ? value * decisions.keptScale() : 0
  }
}
