import Foundation
import Tessera
import TesseraReport
import Testing

/// Which kernels OpenBLAS runs, and what is said where they are the wrong ones.
@Suite struct OpenBLASTests {
  @Test(arguments: [
    ("Prescott", InstructionSet.portable), ("PRESCOTT", .portable), ("Sandybridge", .portable),
    ("Opteron_SSE3", .portable), ("Haswell", .avx2), ("Zen", .avx2), ("SkylakeX", .avx512), ("Cooperlake", .avx512),
    ("SapphireRapids", .avx512),
  ]) func coresAreKnown(_ name: String, _ expected: InstructionSet) {
    #expect(OpenBLASCore(name).instructionSet == expected)
  }

  @Test func decisions() {
    func decision(_ core: String, _ best: InstructionSet, _ forced: String? = nil) -> OpenBLASCore.Decision {
      OpenBLASCore(core).decision(best: best, forced: forced)
    }
    #expect(decision("Prescott", .avx512) == .choose(OpenBLASCore("SkylakeX")))
    #expect(decision("Haswell", .avx512) == .choose(OpenBLASCore("SkylakeX")))
    #expect(decision("Prescott", .avx2) == .choose(OpenBLASCore("Haswell")))
    #expect(decision("Prescott", .portable) == .keep)
    #expect(decision("Haswell", .avx2) == .keep && decision("Cooperlake", .avx512) == .keep)
    // More than we have kernels for is no fault.
    #expect(decision("SkylakeX", .avx2) == .keep)
    // What is not known is left alone.
    #expect(decision("NeoverseN1", .portable) == .keep && decision("Graniterapids", .avx512) == .keep)
    // What the user asks for is left, but not in silence.
    #expect(decision("Prescott", .avx512, "Prescott") == .warn && decision("Zen", .avx512, "Zen") == .warn)
    #expect(decision("SkylakeX", .avx512, "SkylakeX") == .keep)
  }

  @Test func theChosenCoreIsNotBelow() {
    for set in [InstructionSet.avx2, .avx512] { #expect(OpenBLASCore(for: set)?.isBelow(set) == false) }
    #expect(OpenBLASCore(for: .portable) == nil)
  }

  @Test(arguments: ReportFormat.allCases.filter { $0 != .csv }) func warnings(_ format: ReportFormat) throws {
    var report = try tinyReport.get()
    func rendered() throws -> String { try report.rendered(as: format, draw: { _ in "" }) }
    report.machine.openBLAS = OpenBLASKernels(core: "SkylakeX", replacedCore: "Prescott")
    #expect(try !rendered().contains("WARNING") && rendered().contains("Prescott"))
    report.machine.openBLAS.warning = "kernels <below> what the processor has"
    let text = try rendered()
    #expect(format == .json ? text.contains("\"openblasWarning\"") : text.contains("WARNING"))
    #expect(text.contains(format == .html ? "kernels &lt;below&gt; what" : "kernels <below> what"))
  }

  /// A processor whose kernels OpenBLAS does not know.
  @Test(.enabled(if: InstructionSet.best > .portable)) func kernelsThatAreForcedAreWarnedOf() throws {
    let arguments =
      "report --batch 1 --length 8 --hidden 8 --heads 2 --feedforward 8 --runs 1 --threads 1 --format json"
    let run = try CommandRun(arguments, environment: ["OPENBLAS_CORETYPE": "Prescott"])
    #expect(run.status == 0)
    let root = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let machine = try #require(root["machine"] as? [String: Any])
    // A build for one processor is not to be had otherwise.
    guard machine["openblasCore"] as? String == "Prescott" else { return }
    let warning = try #require(machine["openblasWarning"] as? String)
    #expect(warning.contains("OPENBLAS_CORETYPE=Prescott") && run.error.contains(warning))
    #expect(machine["openblasReplacedCore"] == nil)
  }

  /// Shapes around its tiles, strided ones and single rows, in a process whose OpenBLAS chose anew where it had to.
  @Test func productsAreRightAfterTheChoice() throws {
    let run = try CommandRun("verify --operator linear")
    #expect(run.status == 0, "\(run.output) \(run.error)")
  }
}
