import Tessera

/// One call whose counted bytes are compared with its trace.
struct TrafficCase {
  /// The catalog's name or label.
  var name: String
  var extents: Extents
  var mode: ExecutionMode = .training
  var transposesRight = false
  /// Options of the call's own, and what they are called in the table.
  var note = ""
  var configure: @Sendable (inout OperatorRequest) -> Void = { _ in }
  /// C, pinned: the shapes are small because tracing is slow, so C is small as well.
  var fastMemoryBytes: Int

  static let all =
    rowCases + inputBiasCases + fusedCases + rmsCases + gradientCases + rotaryCases + contractionCases + linearCases
    + linearGradientCases + fusedLinearCases + attentionCases + attentionGradientCases + storedCases + drawnCases
    + cacheCases + optimizerCases + packedAttentionCases

  /// 512-byte rows in items of about 64 KiB: a row's working set fits 32 KiB many times over, and an item is long
  /// enough that reading the shared rows again for each item, as D does and one cache does not, stays below 5 % of D.
  static let narrow: Extents = [.rows: 512, .columns: 128]
  /// 64 KiB rows, an item each.
  static let wide: Extents = [.rows: 6, .columns: 16384]
  /// Less than one wide row: nothing stays from pass to pass.
  static let lessThanARow = 48 << 10
  /// One and a half wide rows: of some passes, part of a row is still there for the next.
  static let rowAndAHalf = 96 << 10

  var shape: String {
    let entry = try? OperatorCatalog.entry(named: name)
    let sizes = (entry?.descriptor.extents ?? []).filter { $0 != .planes || extents[$0] != 1 }
    return sizes.map { "\(extents[$0])" }.joined(separator: "×") + (transposesRight ? "ᵀ" : "") + note
  }
}
