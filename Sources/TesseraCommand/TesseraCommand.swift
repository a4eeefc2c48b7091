import ArgumentParser

@main
struct TesseraCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tessera", abstract: "Fused transformer operators on CPUs: reports, checks and measurements.",
    subcommands: [
      ReportCommand.self, BenchCommand.self, VerifyCommand.self, MachineCommand.self, DocsCommand.self,
      GenerateCommand.self,
    ])
}
