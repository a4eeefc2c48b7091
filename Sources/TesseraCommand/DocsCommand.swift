import ArgumentParser
import TesseraReport

struct DocsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "docs", abstract: "Write the operators' documentation, made from the catalog.")

  @Option(help: "The file to write; standard output when left out.")
  var output: String?

  func run() throws {
    if let output {
      try OutputFile(output).write(OperatorDocumentation.markdown)
    } else {
      try StandardOutput.write(OperatorDocumentation.markdown)
    }
  }
}
