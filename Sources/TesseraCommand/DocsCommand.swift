import ArgumentParser

struct DocsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "docs")
}
