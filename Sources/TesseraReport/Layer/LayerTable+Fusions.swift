import Tessera

extension LayerTable {
  /// The fused kernels in place of unfused rows; one line a place.
  static func fusions(_ calls: LayerCalls) -> [LayerStep] {
    [
      step(
        ["out-bias", "out-dropout", "residual-1", "layer-norm-1"],
        calls.biasDropoutResidualLayerNorm(
          "out", bias: "out-bias-vector", residual: "x", place: .out, sum: "residual-1", output: "layer-norm-1")),
      step(
        ["out2-bias", "out2-dropout", "residual-2", "layer-norm-2"],
        calls.biasDropoutResidualLayerNorm(
          "linear-2", bias: "out2-bias-vector", residual: "layer-norm-1", place: .out2, sum: "residual-2",
          output: "layer-norm-2")),
    ]
  }

  private static func step(_ rows: [String], _ call: OperatorCall) -> LayerStep {
    LayerStep(rows: rows, label: call.descriptor.label ?? call.descriptor.name, calls: [call])
  }
}
