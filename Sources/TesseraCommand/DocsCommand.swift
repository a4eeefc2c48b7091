import ArgumentParser
import Tessera
import TesseraReport

struct DocsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "docs", abstract: "Write the operators' documentation, made from the catalog.")

  @Argument(help: "Only the operator of this name or label, in any case.")
  var `operator`: String?
  @Option(
    help: ArgumentHelp("The file to write; standard output when left out.", valueName: "file"), completion: .file())
  var output: String?

  func validate() throws { if let `operator` { _ = try catalogEntry(named: `operator`) } }

  func run() throws {
    let text = try `operator`.map { OperatorDocumentation.markdown(of: try catalogEntry(named: $0)) }
    try write(text ?? OperatorDocumentation.markdown, to: try outputFile(output))
  }
}
