import Testing
import TesseraCore
import TesseraReference

/// One call of the oracle by the catalog's name.
func oracle(
  _ name: String, _ extents: Extents, _ inputs: [String: [Double]],
  _ change: (inout OperatorRequest) -> Void = { _ in }
) -> [String: [Double]] {
  var request = OperatorRequest(extents: extents)
  // Unless a test asks for it nothing is dropped.
  request.dropProbability = 0
  change(&request)
  return ReferenceCatalog.operators[name]!.float64(ReferenceCall(request, inputs: inputs))
}

/// Whether two rows of numbers differ by rounding alone.
func isClose(_ actual: [Double]?, _ expected: [Double], tolerance: Double = 1e-12) -> Bool {
  guard let actual, actual.count == expected.count else { return false }
  return zip(actual, expected).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}

/// Numbers in −2 ..< 2 without pattern, the same on every machine.
func numbers(_ count: Int, seed: UInt32 = 1) -> [Double] {
  (0..<count).map { index in
    let words = Philox4x32.words(counter: SIMD4(UInt32(index), 0, 0, 0), key: SIMD2(seed, 0))
    return Double(words.x) * 0x1p-30 - 2
  }
}
