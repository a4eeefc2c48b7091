#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Measured capacities of the machines that use a folder: in the file `fast-memory` a line each, the bytes, a blank and
/// the machine.
package struct FastMemoryStore: Sendable {
  package var folder: String

  package init(folder: String) { self.folder = folder }

  /// `tessera` in the user's cache folder: `$XDG_CACHE_HOME`, else `~/.cache`; nil where there is neither.
  package static let standard = standard { name in getenv(name).map { String(cString: $0) } }

  package static func standard(_ variable: (String) -> String?) -> FastMemoryStore? {
    // Relative paths are to be ignored, says the base directory specification.
    if let cache = variable("XDG_CACHE_HOME"), cache.hasPrefix("/") {
      return FastMemoryStore(folder: cache + "/tessera")
    }
    if let home = variable("HOME"), home.hasPrefix("/") { return FastMemoryStore(folder: home + "/.cache/tessera") }
    return nil
  }

  /// What a capacity depends on, in a line: home folders are shared, and machines change.
  package static let thisMachine: String = {
    let sizes = CacheSizes.current
    let levels = "L1 \(sizes.level1), L2 \(sizes.level2), L3 \(sizes.level3) shared by \(sizes.level3Sharers)"
    return "\(processorName()), \(levels), \(ProcessorCount.usable) processors"
  }()

  private var file: String { folder + "/fast-memory" }
  private static let lineLimit = 64

  /// nil where nothing is known of the machine.
  package func byteCount(of machine: String) -> Int? {
    for line in lines(of: file, limit: Self.lineLimit) {
      let parts = line.split(separator: " ", maxSplits: 1)
      if parts.count == 2, parts[1] == machine, let byteCount = Int(parts[0]) { return byteCount }
    }
    return nil
  }

  /// Takes the place of what was known of the machine; whether it could be written. The file appears whole or not at
  /// all.
  @discardableResult
  package func store(_ byteCount: Int, of machine: String) -> Bool {
    let others = lines(of: file, limit: Self.lineLimit).filter {
      $0.split(separator: " ", maxSplits: 1).last.map { $0 != machine } ?? false
    }
    let text = (["\(byteCount) \(machine)"] + others).prefix(Self.lineLimit).map { $0 + "\n" }.joined()
    if let parent = folder.lastIndex(of: "/") { mkdir(String(folder[..<parent]), 0o700) }
    mkdir(folder, 0o700)
    let temporary = "\(file).\(getpid())"
    guard let output = fopen(temporary, "w") else { return false }
    let isWritten = fputs(text, output) >= 0
    guard fclose(output) == 0, isWritten, rename(temporary, file) == 0 else {
      unlink(temporary)
      return false
    }
    return true
  }
}
