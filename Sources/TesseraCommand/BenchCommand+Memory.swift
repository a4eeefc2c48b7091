import Tessera
import TesseraReport

extension BenchCommand {
  /// Runs the problem's calls. Errors name options: those of operands that do not fit, and where memory is short those
  /// that sizes follow from.
  func namingSizes(of problem: BenchProblem, _ run: () throws -> Void) throws {
    do { try namingOptions(optionsOfOperands, run) } catch let error as TesseraError {
      guard case .outOfMemory = error else { throw error }
      throw MemoryShortage(
        fault: "\(error)", sizes: sizes(of: problem), rotates: !problem.isWarm && comparison.against == nil)
    }
  }

  /// A machine that is too small, which is not the command line's fault.
  private struct MemoryShortage: Error, CustomStringConvertible {
    let fault: String
    let sizes: [String]
    /// Whether there are several sets of operands.
    let rotates: Bool

    var description: String {
      "\(fault); the operands' memory follows from \(sizes.joined(separator: ", "))"
        + (rotates ? ", and with --warm is for one set of them alone" : "")
    }
  }

  /// Options that sizes come from, with their values; what is 1 makes nothing larger.
  private func sizes(of problem: BenchProblem) -> [String] {
    let ofPacked: [Extent] = attention.packedLengths == nil ? [] : [.batch, .queryLength, .keyLength]
    let extents = problem.descriptor.extents.filter { !$0.isDerived && !ofPacked.contains($0) }
    let packed = ofPacked.isEmpty ? [] : ["--packed-lengths"]
    return packed
      + extents.filter { problem.request.extents[$0] > 1 }.map { "--\($0.rawValue) \(problem.request.extents[$0])" }
  }
}
