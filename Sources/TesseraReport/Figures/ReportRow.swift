import Tessera

/// One row of Table A.1 with its figures and the paper's.
public struct ReportRow: Sendable {
  public let id: String
  /// The paper's name of the row.
  public let name: String
  /// Forward or backward.
  public let pass: LayerPass
  public let operatorClass: OperatorClass
  public let floatingPointOperations: Int
  public let inputElements: Int
  public let outputElements: Int
  public let unfused: KernelFigures
  /// Labels of the paper's kernels that do this row's work.
  public let kernels: [String]
  /// The fused kernel's figures, on the last row that it covers; no two kernels end on the same row.
  public let fused: KernelFigures?
  /// The kernel that does this row's work where all rides on the products; nil where that sequence did not run.
  public let fullKernel: String?
  /// That kernel's figures, on the last row that it covers.
  public let full: KernelFigures?
  /// Time of the paper's kernels over that of those, on the rows since the last that has such a figure: where kernels
  /// of both sequences have ended and none is under way. nil also unless both sequences ran, the paper's once.
  public let paperOverFull: Double?
  public let paper: PaperRow?
  /// Of a backward row, what the paper says of it in place of `paper`.
  public let paperGradient: PaperGradient?
  /// The other library's row, where its measurement was given.
  public let peer: PeerRow?

  public var gflop: Double { Double(floatingPointOperations) / 1e9 }
}
