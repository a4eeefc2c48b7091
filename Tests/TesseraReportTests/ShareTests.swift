import Tessera
import TesseraReport
import Testing

@Suite struct ShareTests {
  @Test func hundredthsAddUp() {
    #expect(percentages(of: [99.7043, 0.2322, 0.0637]) == [99.71, 0.23, 0.06])
    #expect(percentages(of: [1, 1, 1]) == [33.34, 33.33, 33.33])
    #expect(percentages(of: [2, 1, 0]) == [66.67, 33.33, 0])
    #expect(percentages(of: [0, 0, 0]) == [0, 0, 0])
    #expect(percentages(of: [5]) == [100])
    #expect(percentages(of: []) == [])
  }

  @Test func bertLargeForwardFlops() throws {
    let layer = LayerTable(try LayerProblem(memoryLimit: .max))
    let flops = OperatorClass.allCases.map { wanted in
      layer.rows.filter { $0.operatorClass == wanted }.reduce(0) { $0 + Double($1.floatingPointOperations) }
    }
    #expect(percentages(of: flops) == [99.71, 0.23, 0.06])
  }

  @Test func columnsOfAReportAddUp() throws {
    let report = try tinyReport.get()
    for classes in [report.unfusedClasses] + report.fused.map(\.classes) {
      #expect(classes.map(\.operatorClass) == OperatorClass.allCases)
      for column in [\ClassShares.flopPercent, \.runtimePercent] {
        #expect(abs(classes.reduce(0) { $0 + $1[keyPath: column] } - 100) < 1e-9)
      }
      #expect(classes.map(\.flopPercent) == report.unfusedClasses.map(\.flopPercent))
    }
  }
}
