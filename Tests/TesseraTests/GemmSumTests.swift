import Tessera
import Testing

/// Products whose problem says how deep a sum is: each such part of the depth is a chain that begins with 0, and the
/// sums are added in ascending order, however the product is cut.
@Suite struct GemmSumTests {
  /// Depths around sums of 64, 128 and 256, in one block and in several; few columns and short depths, which else go
  /// from registers to the output.
  static let shapes = [
    (1, 1, 1), (5, 63, 127), (6, 64, 128), (7, 65, 129), (13, 16, 300), (64, 128, 200), (40, 200, 65), (9, 128, 700),
    (517, 33, 140), (264, 130, 530), (30, 300, 1100), (3, 5, 0), (0, 4, 300), (4, 0, 300),
  ].map { GemmTests.Shape(rows: $0.0, columns: $0.1, depth: $0.2) }

  /// Added to what is there, which comes first.
  static func sums(
    _ shape: GemmTests.Shape, _ left: [Float], _ right: [Float], depthPerSum: Int, onto start: [Float]? = nil
  ) -> [Float] {
    var result = start ?? [Float](repeating: 0, count: shape.rows * shape.columns)
    for first in stride(from: 0, to: shape.depth, by: depthPerSum) {
      let depth = min(depthPerSum, shape.depth - first)
      func part(_ elements: [Float], rows: Int) -> [Float] {
        (0..<rows).flatMap { row in elements[(row * shape.depth + first)..<(row * shape.depth + first + depth)] }
      }
      let chain = GemmTests.chain(
        GemmTests.Shape(rows: shape.rows, columns: shape.columns, depth: depth), part(left, rows: shape.rows),
        part(right, rows: shape.columns))
      for index in result.indices { result[index] += chain[index] }
    }
    return result
  }

  /// The same bits on AVX2 and on AVX-512, for all threads, and for blocks of every size.
  @Test(arguments: shapes, GemmTests.fusedSets)
  func everyLayoutHasTheSums(shape: GemmTests.Shape, set: InstructionSet) throws {
    let (left, right) = GemmTests.operands(shape)
    let start = SamplingTests.uniform(shape.rows * shape.columns, seed: 3)
    let leftColumns = GemmTests.transposed(left, rows: shape.rows, columns: shape.depth)
    let rightColumns = GemmTests.transposed(right, rows: shape.columns, columns: shape.depth)
    let columns = GemmRight.columns(stride: shape.columns)
    for depthPerSum in [64, 128, 256] {
      let expected = Self.sums(shape, left, right, depthPerSum: depthPerSum)
      let added = Self.sums(shape, left, right, depthPerSum: depthPerSum, onto: start)
      for (threads, capacity) in [(1, 64 << 20), (3, 256 << 10)] {
        let context = ExecutionContext(
          pool: try WorkerPool(threadCount: threads), instructionSet: set, fastMemoryBytes: capacity)
        for (kind, leftIsTransposed, accumulates) in [
          (GemmRight.rows(stride: shape.depth), false, false), (columns, false, true), (columns, true, false),
          (.stored(.float32), true, true),
        ] {
          var output = accumulates ? start : [Float](repeating: .nan, count: start.count)
          let plan = try GemmPlan(
            GemmProblem(
              rows: shape.rows, columns: shape.columns, depth: shape.depth,
              leftRowStride: leftIsTransposed ? 1 : shape.depth, leftDepthStride: leftIsTransposed ? shape.rows : 1,
              right: kind, outputRowStride: shape.columns, accumulates: accumulates, depthPerSum: depthPerSum),
            workspace: GemmWorkspace(threadCount: threads), context: context)
          let (a, b) = (leftIsTransposed ? leftColumns : left, kind == columns ? rightColumns : right)
          a.withUnsafeBufferPointer { a in
            b.withUnsafeBytes { b in
              output.withUnsafeMutableBufferPointer { output in
                _ = plan.run(
                  GemmPlan.Operands(left: a.baseAddress, right: b.baseAddress, output: output.baseAddress))
              }
            }
          }
          #expect(
            output == (accumulates ? added : expected),
            "\(depthPerSum) a sum, \(threads) threads, \(kind), transposed \(leftIsTransposed)")
        }
      }
    }
  }

  /// Few rows of packed weights, whose sums come round in the output: a slice of them is no sum of its own.
  @Test(arguments: GemmTests.fusedSets)
  func fewPackedRowsHaveTheSums(set: InstructionSet) throws {
    let shapes = [(6, 64, 128), (7, 65, 128), (9, 40, 100), (16, 130, 65), (13, 16, 257), (8, 70, 700)]
    let context = ExecutionContext(
      pool: try WorkerPool(threadCount: 2), instructionSet: set, fastMemoryBytes: 64 << 20)
    for shape in shapes.map({ GemmTests.Shape(rows: $0.0, columns: $0.1, depth: $0.2) }) {
      let (left, right) = GemmTests.operands(shape)
      let start = SamplingTests.uniform(shape.rows * shape.columns, seed: 3)
      let packed = Self.packed(right, shape, width: set == .avx512 ? 64 : 16)
      for depthPerSum in [64, 128, 256] {
        for accumulates in [false, true] {
          let expected = Self.sums(shape, left, right, depthPerSum: depthPerSum, onto: accumulates ? start : nil)
          var output = accumulates ? start : [Float](repeating: .nan, count: start.count)
          let plan = try GemmPlan(
            GemmProblem(
              rows: shape.rows, columns: shape.columns, depth: shape.depth, leftRowStride: shape.depth,
              right: .packed, outputRowStride: shape.columns, accumulates: accumulates, depthPerSum: depthPerSum),
            workspace: GemmWorkspace(threadCount: 2), context: context)
          left.withUnsafeBufferPointer { left in
            packed.withUnsafeBytes { packed in
              output.withUnsafeMutableBufferPointer { output in
                _ = plan.run(
                  GemmPlan.Operands(left: left.baseAddress, right: packed.baseAddress, output: output.baseAddress))
              }
            }
          }
          #expect(output == expected, "\(shape.testDescription), \(depthPerSum) a sum, adds \(accumulates)")
        }
      }
    }
  }

  /// In panels as wide as a variant's register tile.
  private static func packed(_ right: [Float], _ shape: GemmTests.Shape, width: Int) -> [Float] {
    var packed = [Float](repeating: 0, count: (shape.columns + width - 1) / width * width * shape.depth)
    for column in 0..<shape.columns {
      let (panel, place) = column.quotientAndRemainder(dividingBy: width)
      for k in 0..<shape.depth {
        packed[(panel * shape.depth + k) * width + place] = right[column * shape.depth + k]
      }
    }
    return packed
  }
}
