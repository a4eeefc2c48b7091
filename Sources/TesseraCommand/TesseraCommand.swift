import ArgumentParser
import Foundation
import Tessera

@main
struct TesseraCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tessera",
    abstract:
      "Fused transformer operators on CPUs: reports, checks and measurements, text from model files, and training.",
    version: TesseraVersion.text,
    subcommands: [
      ReportCommand.self, TuneCommand.self, BenchCommand.self, VerifyCommand.self, MachineCommand.self,
      DocsCommand.self,
      GenerateCommand.self, ChatCommand.self, TrainCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      do { try command.run() } catch let error as ValidationError { exit(with: error, of: type(of: command)) }
    } catch { exit(withError: error) }
  }

  /// Ends as for a command line that cannot be parsed: the parser would show the usage of `tessera`, as it does not
  /// know which subcommand ran.
  private static func exit(with error: ValidationError, of command: any ParsableCommand.Type) -> Never {
    let name = "tessera \(command._commandName)"
    let text =
      "Error: \(error.message)\nUsage: \(usageString(for: command))\n  See '\(name) --help' for more information.\n"
    FileHandle.standardError.write(Data(text.utf8))
    exit(withError: ExitCode.validationFailure)
  }
}
