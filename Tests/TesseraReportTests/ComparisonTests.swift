import Foundation
import Tessera
import TesseraReport
import Testing

@Suite struct ComparisonTests {
  private func problem(
    _ extents: [Extent: Int], dropout: Double? = nil, _ configure: (inout AttentionProblem) -> Void = { _ in }
  ) throws -> BenchProblem {
    try BenchProblem(operatorName: "attention", extents: extents) { request in
      var problem = AttentionProblem(request.extents)
      configure(&problem)
      request.attention = problem
      if let dropout { request.dropProbability = dropout }
    }
  }

  @Test(
    "Both ways compute the same", arguments: [nil, 0.25], [AttentionMask.full, .causal(), .window(left: 5, right: 2)])
  func agree(dropout: Double?, mask: AttentionMask) throws {
    let grouped: [Extent: Int] = [
      .batch: 2, .queryHeads: 6, .keyValueHeads: 2, .queryLength: 33, .keyLength: 70, .headDimension: 16,
      .valueDimension: 24,
    ]
    let comparison = try AttentionComparison(problem(grouped, dropout: dropout) { $0.mask = mask }, context: context())
    let times = try comparison.run(pairs: 3)
    #expect(times.pairs == 3 && times.tiledMicroseconds > 0 && times.materialisedMicroseconds > 0)
    #expect(times.medianRatio > 0)
    #expect(comparison.largestDifference < 1e-5)
  }

  @Test("Slower is by more than 5 % and by more than 2 µs")
  func slower() {
    func isSlower(_ tiled: Double, _ materialised: Double) -> Bool {
      PairedTimes(tiled: [tiled], materialised: [materialised]).isSlower
    }
    #expect(!isSlower(104, 100) && isSlower(106, 100))
    #expect(!isSlower(11.9, 10) && isSlower(12.1, 10))
    #expect(!isSlower(50, 100))
    let pairs = PairedTimes(tiled: [1, 30, 9], materialised: [2, 10, 10])
    #expect(pairs.medianRatio == 0.9 && pairs.tiledMicroseconds == 9 && pairs.materialisedMicroseconds == 10)
  }

  @Test("Options that the recipe lacks, and other operators, are errors")
  func refused() throws {
    let sizes: [Extent: Int] = [.queryHeads: 1, .queryLength: 4, .headDimension: 4]
    let wrong: [(inout AttentionProblem) -> Void] = [
      { $0.bias = BatchedMatrixLayout(scoresOf: $0) }, { $0.booleanMask = BatchedMatrixLayout(scoresOf: $0) },
      { $0.softcap = 2 }, { $0.keyLengths = [3] },
    ]
    for configure in wrong {
      #expect(throws: TesseraError.self) { try AttentionComparison(problem(sizes, configure), context: context()) }
    }
    let relu = try BenchProblem(operatorName: "relu", extents: [.rows: 4, .columns: 4])
    #expect(throws: TesseraError.self) { try AttentionComparison(relu, context: context()) }
    let large: [Extent: Int] = [.queryHeads: 1 << 10, .queryLength: 1 << 20, .headDimension: 4]
    #expect(throws: TesseraError.self) { try AttentionComparison(problem(large), context: context()) }
    #expect(throws: TesseraError.self) {
      try AttentionComparison(problem(sizes), context: context()).run(pairs: 0)
    }
  }

  @Test("The list under Benchmarks is the whole product")
  func list() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = folder.appendingPathComponent("Benchmarks/attention-against-materialised.csv")
    let shapes = try ComparisonShape.list(String(contentsOf: file, encoding: .utf8))
    var expected: Set<ComparisonShape> = []
    for length in [1, 2, 7, 16, 17, 63, 64, 65, 128, 511, 512, 513, 1024, 2048] {
      for headDimension in [32, 64, 80, 128, 256] {
        for (heads, batch) in [(1, 1), (1, 8), (16, 1), (16, 8)] {
          for mask in ["none", "causal"] {
            expected.insert(
              ComparisonShape(length: length, headDimension: headDimension, heads: heads, batch: batch, mask: mask))
          }
        }
      }
    }
    #expect(shapes.count == 560 && Set(shapes) == expected)
  }

  @Test("A list is read whole or not at all")
  func parsing() throws {
    let text = "# words\nL,D,heads,batch,mask\r\n\n7,32,1,8,causal\r\n16,64,2,1,window:3,0\n"
    #expect(
      try ComparisonShape.list(text) == [
        ComparisonShape(length: 7, headDimension: 32, heads: 1, batch: 8, mask: "causal"),
        ComparisonShape(length: 16, headDimension: 64, heads: 2, batch: 1, mask: "window:3,0"),
      ])
    for wrong in [
      "", "7,32,1,8,causal\n", "L,D,heads,batch,mask\n", "L,D,heads,batch,mask\n7,32,1,causal\n",
      "L,D,heads,batch,mask\n7,32,x,8,causal\n", "L,D,heads,batch,mask\n7,32,1,8,diagonal\n",
    ] {
      #expect(throws: TesseraError.self, "\(wrong)") { try ComparisonShape.list(wrong) }
    }
  }

  @Test("A run names what it compared and what it skipped")
  func run() throws {
    let shapes = [
      ComparisonShape(length: 16, headDimension: 8, heads: 1, batch: 1, mask: "none"),
      ComparisonShape(length: 1 << 24, headDimension: 8, heads: 1, batch: 1, mask: "causal"),
    ]
    let run = try ComparisonRun(shapes, pairs: 1, context: context())
    #expect(run.lines.map { $0.times == nil } == [false, true] && run.skipped.count == 1)
    #expect(run.offenders.allSatisfy { $0.times!.isSlower && $0.times!.pairs == 101 })
    #expect(
      run.text.contains("skipped, does not fit in memory: L 16777216") && run.text.contains("2 shapes, 1 compared"))
    let object = try #require(try JSONSerialization.jsonObject(with: JSONEncoder().encode(run)) as? [String: Any])
    #expect(Set(object.keys) == ["threads", "isa", "lines"])
    let unknown = [ComparisonShape(length: 0, headDimension: 8, heads: 1, batch: 1, mask: "none")]
    #expect(throws: TesseraError.self) { try ComparisonRun(unknown, pairs: 1, context: context()) }
  }
}
