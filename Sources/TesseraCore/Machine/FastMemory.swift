/// C of the definitions: how many bytes a core keeps near. Residency is counted, and stores past the caches are chosen,
/// by it.
///
/// The library measures nothing. It takes what `TESSERA_FAST_MEMORY` says, else what a command has measured on this
/// machine and stored, else what the system says of the caches. So D of a call, and the kind of its stores, are the
/// same in every run until the user sets or stores another capacity.
public struct FastMemory: Hashable, Sendable {
  /// Where a capacity is from.
  public enum Origin: String, Codable, Sendable {
    /// `TESSERA_FAST_MEMORY`.
    case environment
    /// Read rates over growing working sets, stored in the user's cache folder.
    case measurement
    /// The system's word on the caches.
    case cacheSizes
  }

  /// Bytes a core.
  public var byteCount: Int
  public var origin: Origin

  public init(byteCount: Int, origin: Origin) {
    self.byteCount = byteCount
    self.origin = origin
  }

  /// The environment variable that sets the capacity: bytes, or with K, M or G after the number.
  public static let variable = "TESSERA_FAST_MEMORY"

  /// This machine's, without a word of the environment; the file is read once.
  public static let stored = FastMemory(sizes: .current, store: .standard)

  /// What the store knows of a machine with these caches, else what follows from them.
  package init(sizes: CacheSizes, store: FastMemoryStore?, machine: String = FastMemoryStore.thisMachine) {
    // A file may have been edited, or be of another version.
    if let byteCount = store?.byteCount(of: machine), (sizes.ownBytes...sizes.fastMemoryBytes).contains(byteCount) {
      self.init(byteCount: byteCount, origin: .measurement)
    } else {
      self.init(byteCount: sizes.fastMemoryBytes, origin: .cacheSizes)
    }
  }

  /// What the environment asks for, else `stored`.
  public static func fromEnvironment(_ variable: (String) -> String?) throws(TesseraError) -> FastMemory {
    guard let text = variable(Self.variable) else { return stored }
    guard let byteCount = CacheSizes.byteCount(ofSysfsSize: text), (1...1 << 40).contains(byteCount) else {
      throw .invalidEnvironment(
        variable: Self.variable, expected: "bytes, or a number with K, M or G, up to 1024G", actual: text)
    }
    return FastMemory(byteCount: byteCount, origin: .environment)
  }

  /// What the environment asks for or the store knows; else measures, for about half a second, and stores what it
  /// finds. Where it cannot be stored the next process measures again.
  public static func measuredIfNeeded(_ variable: (String) -> String?) throws(TesseraError) -> FastMemory {
    let known = try fromEnvironment(variable)
    guard known.origin == .cacheSizes else { return known }
    return try measure().fastMemory
  }

  /// Measures anew and stores the capacity, whatever is known of the machine.
  public static func measure() throws(TesseraError) -> (fastMemory: FastMemory, measurement: FastMemoryMeasurement) {
    let measurement = try FastMemoryMeasurement(sizes: .current)
    FastMemoryStore.standard?.store(measurement.byteCount, of: FastMemoryStore.thisMachine)
    return (FastMemory(byteCount: measurement.byteCount, origin: .measurement), measurement)
  }
}
