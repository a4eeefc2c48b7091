import Foundation
import Testing

/// Every example of README and docs compiles where people paste it: as a package's main.swift, and in a function, on
/// the main actor or not. That they also run is what the suites of examples test.
@Suite struct DocumentedCodeTests {
  private struct Example {
    var name: String
    var imports: [String]
    var body: [String]

    var asMain: String { (imports + body).joined(separator: "\n") + "\n" }

    /// The body in a function, which may be told apart from those of other examples.
    func asFunction(_ attribute: String, _ suffix: String) -> String {
      (imports + ["\(attribute)func \(name)\(suffix)() throws {"] + body + ["}", ""]).joined(separator: "\n")
    }
  }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func examples() throws -> [Example] {
    let docs = root.appending(path: "docs")
    let pages =
      [root.appending(path: "README.md")]
      + (try FileManager.default.contentsOfDirectory(at: docs, includingPropertiesForKeys: nil))
      .filter { $0.pathExtension == "md" }.sorted { $0.path < $1.path }
    return try pages.flatMap { page in
      try String(contentsOf: page, encoding: .utf8).matches(of: /```swift\n((?s:.*?))```/).enumerated().map {
        place, match in
        let lines = match.output.1.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let name = page.deletingPathExtension().lastPathComponent.replacing("-", with: "_")
        return Example(
          name: "\(name)_\(place)", imports: lines.filter { $0.hasPrefix("import ") },
          body: lines.filter { !$0.hasPrefix("import ") })
      }
    }
  }

  /// Runs the compiler on files, with this build's modules as a package that depends on ours would have them.
  private func compile(_ files: [URL], _ options: [String]) throws -> (status: Int32, output: String) {
    let build = try CommandRun.command.deletingLastPathComponent()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      [Self.compiler, "-swift-version", "6", "-module-name", "Example", "-I", build.appending(path: "Modules").path]
      + ["-Xcc", "-fmodule-map-file=" + build.appending(path: "CTesseraKernels.build/module.modulemap").path]
      + options + files.map(\.path)
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationReason == .exit ? process.terminationStatus : -1, output)
  }

  /// Beside the `swift` that `SWIFT` names.
  private static var compiler: String {
    let swift = ProcessInfo.processInfo.environment["SWIFT"].flatMap { $0.contains("/") ? $0 : nil }
    return swift.map { URL(filePath: $0).deletingLastPathComponent().appending(path: "swiftc").path } ?? "swiftc"
  }

  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test func examplesAreFound() throws {
    let names = try Self.examples().map(\.name)
    #expect(names.count >= 9 && Set(names).count == names.count)
    for page in ["README_2", "decoder_1", "tokenizer_0", "model_files_0", "attention_0", "architecture_0"] {
      #expect(names.contains(page))
    }
  }

  /// Top-level variables of main.swift belong to the main actor, which functions beside them do not.
  @Test(arguments: try examples().map(\.name)) func examplesAreMainFiles(_ name: String) throws {
    try inFolder { folder in
      let example = try #require(try Self.examples().first { $0.name == name })
      let file = folder.appending(path: "main.swift")
      try Data(example.asMain.utf8).write(to: file)
      let result = try compile([file], ["-typecheck"])
      #expect(result.status == 0, "\(result.output)")
    }
  }

  /// All at once, through the optimiser.
  @Test func examplesAreFunctions() throws {
    try inFolder { folder in
      let files = try Self.examples().map { example in
        let file = folder.appending(path: example.name + ".swift")
        let text = example.asFunction("", "") + example.asFunction("@MainActor ", "OnMainActor")
        try Data(text.utf8).write(to: file)
        return file
      }
      let object = folder.appending(path: "examples.o")
      let result = try compile(files, ["-O", "-wmo", "-c", "-parse-as-library", "-o", object.path])
      #expect(result.status == 0, "\(result.output)")
    }
  }
}
