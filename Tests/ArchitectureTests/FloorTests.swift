import Foundation
import Testing

/// A floor uses only floors below it. SwiftPM does not stop an import that no manifest line declares: this reads both.
@Suite struct FloorTests {
  /// Modules of the house by floor; `TesseraReference` stands beside it.
  static let floors: [String: Int] = [
    "CTesseraKernels": 0, "TesseraCore": 1, "Tessera": 2, "TesseraModels": 3, "TesseraReport": 4,
    "TesseraVerify": 4, "TesseraC": 4, "TesseraCommand": 5,
  ]
  /// The only importers of the oracle.
  static let oracleReaders: Set<String> = ["TesseraVerify"]
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test func everyModuleHasAFloor() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path)
    for folder in folders where folder != "TesseraReference" {
      #expect(
        Self.floors[folder] != nil, "Sources/\(folder) has no floor: give it one here and in docs/architecture.md")
    }
  }

  @Test func importsRunDown() throws {
    for (module, file, imported) in try imports() {
      guard let target = Self.floors[imported] else {
        if imported == "TesseraReference" {
          #expect(Self.oracleReaders.contains(module), "\(file) imports the oracle, which only verify and tests may")
        }
        continue
      }
      if module == "TesseraReference" {
        #expect(imported == "TesseraCore", "\(file): the oracle shares nothing with what it checks but TesseraCore")
      } else {
        let floor = try #require(Self.floors[module], "\(file)")
        #expect(target < floor, "\(file) on floor \(floor) imports \(imported) on floor \(target)")
      }
    }
  }

  @Test func manifestArrowsRunDown() throws {
    for (module, dependency) in try manifestDependencies() {
      guard let from = Self.floors[module], let to = Self.floors[dependency] else { continue }
      #expect(to < from, "Package.swift lets \(module) (floor \(from)) depend on \(dependency) (floor \(to))")
    }
  }

  @Test func everyImportIsDeclared() throws {
    let declared = Set(try manifestDependencies().map { "\($0.0) \($0.1)" })
    for (module, file, imported) in try imports() where Self.floors[imported] != nil || imported == "TesseraReference" {
      // TesseraCore comes along with whatever depends on it.
      guard imported != "TesseraCore" else { continue }
      #expect(
        declared.contains("\(module) \(imported)"), "\(file) imports \(imported), which \(module) does not declare")
    }
  }

  /// (module, file, imported module) for every import below Sources.
  private func imports() throws -> [(String, String, String)] {
    let sources = Self.root.appending(path: "Sources")
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var found: [(String, String, String)] = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let path = file.path.dropFirst(sources.path.count + 1)
      let module = String(path.prefix { $0 != "/" })
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let words = line.split(separator: " ")
        guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count,
          words[..<keyword].allSatisfy({ $0.hasPrefix("@") || ["public", "package", "internal"].contains($0) })
        else { continue }
        found.append((module, String(path), String(words.last!.prefix { $0 != "." })))
      }
    }
    #expect(found.count > 20, "the search for imports finds them")
    return found
  }

  /// (target, dependency), read from the manifest's text.
  private func manifestDependencies() throws -> [(String, String)] {
    let manifest = try String(contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
    // Each target's text, from its name to the next target's.
    let targets = manifest.matches(of: /(?:target|executableTarget|testTarget)\(\s*name: "(\w+)"/)
    var found: [(String, String)] = []
    for (index, match) in targets.enumerated() {
      let end = index + 1 < targets.count ? targets[index + 1].range.lowerBound : manifest.endIndex
      let text = manifest[match.range.upperBound..<end]
      guard let list = text.firstMatch(of: /dependencies: \[([^\]]*)\]/) else { continue }
      for dependency in list.1.matches(of: /"(\w+)"/) { found.append((String(match.1), String(dependency.1))) }
    }
    #expect(found.contains { $0 == ("Tessera", "TesseraCore") }, "the manifest is read as it is written")
    return found
  }
}
