import RealModule
import TesseraCore

/// What a call needs besides its operands; each operator reads what concerns it.
public struct ReferenceOptions: Sendable {
  public var mode: ExecutionMode = .training
  public var dropProbability = 0.0
  public var seed: UInt64 = 0
  public var offset: UInt32 = 0
  public var scale = 1.0
  public var epsilon = 1e-5
  /// Whether the call returns the sum that a fused norm normalises in inference too.
  public var returnsSum = false
  /// Of an operator that takes any.
  public var activation = Activation.relu
  /// Which columns a row of stored scores sees.
  public var mask = ReferenceMask()
  /// Of a batched contraction: whether the right operand is columns × depth rather than depth × columns.
  public var transposesRight = false
  public var rotary = ReferenceRotary()
  public var sampling = ReferenceSampling()
  public var attention = ReferenceAttention()

  public init() {}
}

/// One call: sizes, options, and the inputs by operand name, each contiguous in the order planes, rows, columns.
public struct ReferenceCall<Scalar: Real & BinaryFloatingPoint> {
  public var extents: Extents
  public var options: ReferenceOptions
  public var inputs: [String: [Scalar]]

  public init(_ extents: Extents, options: ReferenceOptions = ReferenceOptions(), inputs: [String: [Scalar]]) {
    self.extents = extents
    self.options = options
    self.inputs = inputs
  }

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
