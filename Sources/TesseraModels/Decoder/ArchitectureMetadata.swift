import Tessera

/// The keys of a file's architecture, `llama.block_count` and so on, with a record of those that were asked for: any
/// other might change results, and is an error.
struct ArchitectureMetadata {
  let architecture: DecoderArchitecture
  private let metadata: GGUFMetadata
  private var understood: Set<String> = []

  /// Throws for an architecture that cannot be run.
  init(_ metadata: GGUFMetadata) throws(ModelFileError) {
    let key = "general.architecture"
    let name = try metadata.string(forKey: key)
    guard let architecture = DecoderArchitecture(rawValue: name) else {
      throw metadata.failure(
        key, expected: DecoderArchitecture.allCases.map(\.rawValue).joined(separator: ", "), actual: "\"\(name)\"")
    }
    (self.architecture, self.metadata) = (architecture, metadata)
  }

  /// The whole key, from now on understood.
  mutating func full(_ key: String) -> String {
    let full = "\(architecture.rawValue).\(key)"
    understood.insert(full)
    return full
  }

  mutating func contains(_ key: String) -> Bool { metadata.contains(full(key)) }

  /// A number in a range. Where it may be an array with a number for each of `layers`, that must hold one number again
  /// and again.
  mutating func count(
    _ key: String, _ range: ClosedRange<Int>, ofEachOf layers: Int? = nil
  ) throws(ModelFileError) -> Int {
    let full = full(key)
    let value: Int
    if let layers, metadata.type(forKey: full) == .array {
      let values = try metadata.integers(forKey: full)
      guard values.count == layers, let first = values.first else {
        throw metadata.failure(full, expected: "a number for each of \(layers) layers", actual: "\(values.count)")
      }
      if let other = values.first(where: { $0 != first }) {
        throw metadata.failure(
          full, expected: "one number for all layers", actual: "layers with \(first) and layers with \(other)")
      }
      value = first
    } else {
      value = try metadata.unsigned(forKey: full)
    }
    guard range.contains(value) else {
      throw metadata.failure(full, expected: "\(range.lowerBound) to \(range.upperBound)", actual: "\(value)")
    }
    return value
  }

  mutating func optionalCount(
    _ key: String, _ range: ClosedRange<Int>, ofEachOf layers: Int? = nil
  ) throws(ModelFileError) -> Int? {
    contains(key) ? try count(key, range, ofEachOf: layers) : nil
  }

  mutating func float(_ key: String) throws(ModelFileError) -> Double { try metadata.float(forKey: full(key)) }

  mutating func optionalFloat(_ key: String) throws(ModelFileError) -> Double? {
    contains(key) ? try float(key) : nil
  }

  mutating func optionalString(_ key: String) throws(ModelFileError) -> String? {
    contains(key) ? try metadata.string(forKey: full(key)) : nil
  }

  /// Keys that change nothing with these values, which they must have.
  mutating func require(_ key: String, toBe expected: Int) throws(ModelFileError) {
    _ = try optionalCount(key, expected...expected)
  }

  mutating func require(_ key: String, toBe expected: Double) throws(ModelFileError) {
    guard let value = try optionalFloat(key), value != expected else { return }
    throw failure(key, expected: "\(expected)", actual: "\(value)")
  }

  mutating func require(_ key: String, toBe expected: Bool) throws(ModelFileError) {
    guard contains(key), try metadata.bool(forKey: full(key)) != expected else { return }
    throw failure(key, expected: "\(expected)", actual: "\(!expected)")
  }

  /// Keys that say how a file was made and change nothing, whatever their values.
  mutating func passOver(_ keys: String...) { for key in keys { _ = full(key) } }

  /// Throws for the first key of the architecture that was not asked for.
  func checkAllUnderstood() throws(ModelFileError) {
    let prefix = architecture.rawValue + "."
    for key in metadata.keys where key.utf8.starts(with: prefix.utf8) && !understood.contains(key) {
      throw metadata.failure(
        key, expected: "keys that are understood", actual: "one that is not, and may change what the model says")
    }
  }

  func failure(_ key: String, expected: String, actual: String) -> ModelFileError {
    metadata.failure("\(architecture.rawValue).\(key)", expected: expected, actual: actual)
  }
}
