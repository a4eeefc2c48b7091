import Foundation
import TesseraModels

/// The model that tests run: the file that TESSERA_MODEL names, or the one that `make model` puts into the build
/// folder.
enum ModelUnderTest {
  /// SmolLM2-135M-Instruct, Q4_1.
  static let path = named("TESSERA_MODEL") ?? root.appending(path: ".build-models/\(name)").path
  /// Tests that need the model are skipped where it is missing and TESSERA_OFFLINE=1 says that it may be.
  static let isWanted = isThere || named("TESSERA_OFFLINE") != "1"
  static let skipReason = "TESSERA_OFFLINE=1, and there is no model"

  /// Throws where the file is missing or is no model.
  static func file() throws -> GGUFFile {
    guard isThere else { throw Missing() }
    return try GGUFFile(path: path)
  }

  /// Read once.
  static func model() throws -> DecoderModel { try loaded.get() }

  struct Missing: Error, CustomStringConvertible {
    let description = """
      no model at \(path): run make model, which fetches it, or name it with TESSERA_MODEL; TESSERA_OFFLINE=1 skips \
      the tests that need it
      """
  }

  private static let name = "SmolLM2-135M-Instruct.Q4_1.gguf"
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let isThere = FileManager.default.fileExists(atPath: path)
  private static let loaded = Result { try DecoderModel(file()) }

  /// A variable of the environment that is not empty.
  private static func named(_ variable: String) -> String? {
    ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
  }
}
