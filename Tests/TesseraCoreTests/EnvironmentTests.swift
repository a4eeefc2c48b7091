import TesseraCore
import Testing

@Suite struct EnvironmentTests {
  private func context(_ variables: [String: String]) throws(TesseraError) -> ExecutionContext {
    try ExecutionContext.fromEnvironment { variables[$0] }
  }

  @Test func threadsAndInstructionSetFollowTheEnvironment() throws {
    let context = try context(["TESSERA_THREADS": "3", "TESSERA_ISA": "Portable"])
    #expect(context.pool.threadCount == 3)
    #expect(context.instructionSet == .portable)
  }

  @Test func nothingSetMeansTheBest() throws {
    #expect(try context([:]).instructionSet == .best)
    #expect(try context([:]).pool.threadCount >= 1)
  }

  @Test(arguments: ["", "0", "-1", "two", "1e3", "99999999999999999999"])
  func senselessThreadsAreAnError(text: String) {
    let error = #expect(throws: TesseraError.self) { try context(["TESSERA_THREADS": text]) }
    #expect(error.map { "\($0)".contains("TESSERA_THREADS") } == true)
  }

  @Test(arguments: ["", "sse2", "avx1024"] + InstructionSet.allCases.filter { !$0.isAvailable }.map(\.rawValue))
  func unknownOrAbsentInstructionSetsAreErrors(name: String) {
    let error = #expect(throws: TesseraError.self) { try context(["TESSERA_ISA": name]) }
    #expect(error.map { "\($0)".contains("TESSERA_ISA") && "\($0)".contains("portable") } == true)
    #expect(throws: TesseraError.self) { try InstructionSet.named(name) }
  }

  @Test func dropoutMaskFallsBackDownwards() {
    for set in InstructionSet.allCases {
      #expect(DropoutMaskKernels.variants.row(for: set).instructionSet <= set)
    }
  }
}
