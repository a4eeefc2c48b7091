import RealModule
import TesseraCore

/// One call: the request, of which sizes and options count here, and the inputs by operand name, each contiguous in the
/// order planes, rows, columns.
public struct ReferenceCall<Scalar: Real & BinaryFloatingPoint> {
  public var request: OperatorRequest
  public var inputs: [String: [Scalar]]

  public init(_ request: OperatorRequest, inputs: [String: [Scalar]]) {
    self.request = request
    self.inputs = inputs
  }

  var extents: Extents { request.extents }

  /// The operand of this name; a missing one is the caller's mistake.
  func input(_ name: String) -> [Scalar] { inputs[name]! }
}

/// An operator from its definition: outputs by operand name, contiguous, masks as 0 and 1.
public typealias ReferenceFunction<Scalar: Real & BinaryFloatingPoint> =
  @Sendable (ReferenceCall<Scalar>) -> [String: [Scalar]]

/// One definition at two precisions.
public struct ReferenceOperator: Sendable {
  /// The oracle.
  public let float64: ReferenceFunction<Double>
  /// The naive computation in the precision of the kernels, whose error their own is measured by.
  public let float32: ReferenceFunction<Float>

  public init(float64: @escaping ReferenceFunction<Double>, float32: @escaping ReferenceFunction<Float>) {
    self.float64 = float64
    self.float32 = float32
  }
}
