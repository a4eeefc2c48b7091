import Foundation
import TesseraCore
import Testing

@Suite struct FastMemoryTests {
  private static let sizes = CacheSizes(level1: 48 << 10, level2: 2 << 20, level3: 300 << 20, level3Sharers: 2)

  /// A store in a folder of its own that is not there yet.
  private static func store() -> (store: FastMemoryStore, root: URL) {
    let root = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    return (FastMemoryStore(folder: root.path + "/tessera"), root)
  }

  @Test func whatIsStoredIsFoundAgain() {
    let (store, root) = Self.store()
    defer { try? FileManager.default.removeItem(at: root) }
    #expect(store.byteCount(of: "a machine") == nil)
    // The cache folder is made where it is not there, but no home for it.
    #expect(!FastMemoryStore(folder: root.path + "/home/.cache/tessera").store(8 << 20, of: "a machine"))
    #expect(store.store(8 << 20, of: "a machine") && store.store(4 << 20, of: "another machine"))
    #expect(store.byteCount(of: "a machine") == 8 << 20 && store.byteCount(of: "another machine") == 4 << 20)
    #expect(store.store(16 << 20, of: "a machine"))
    #expect(store.byteCount(of: "a machine") == 16 << 20 && store.byteCount(of: "another machine") == 4 << 20)
    #expect(store.byteCount(of: "a third") == nil)
    // However many machines share a home, the file stays short; the latest are kept.
    for index in 0..<100 { #expect(store.store(4 << 20, of: "guest \(index)")) }
    #expect(store.byteCount(of: "guest 99") == 4 << 20 && store.byteCount(of: "guest 0") == nil)
    let files = try? FileManager.default.contentsOfDirectory(atPath: store.folder)
    #expect(files == ["fast-memory"])
  }

  @Test func storesLieInTheUsersCacheFolder() {
    func folder(_ variables: [String: String]) -> String? { FastMemoryStore.standard { variables[$0] }?.folder }
    #expect(folder(["XDG_CACHE_HOME": "/cache", "HOME": "/home/me"]) == "/cache/tessera")
    #expect(folder(["XDG_CACHE_HOME": "relative", "HOME": "/home/me"]) == "/home/me/.cache/tessera")
    #expect(folder(["XDG_CACHE_HOME": "", "HOME": "/home/me"]) == "/home/me/.cache/tessera")
    #expect(folder([:]) == nil && folder(["HOME": ""]) == nil)
    #expect(!FastMemoryStore.thisMachine.contains("\n"))
  }

  @Test("What is stored counts where it lies between a core's own levels and what sizes say")
  func storedCapacities() throws {
    let (store, root) = Self.store()
    defer { try? FileManager.default.removeItem(at: root) }
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: false)
    func found(_ store: FastMemoryStore?) -> FastMemory { FastMemory(sizes: Self.sizes, store: store, machine: "m") }
    let fromSizes = FastMemory(byteCount: 32 << 20, origin: .cacheSizes)
    #expect(found(nil) == fromSizes && found(store) == fromSizes)
    for byteCount in [2 << 20, 8 << 20, 32 << 20] {
      store.store(byteCount, of: "m")
      #expect(found(store) == FastMemory(byteCount: byteCount, origin: .measurement))
    }
    for byteCount in [-1, 0, 1 << 20, 33 << 20, .max] {
      store.store(byteCount, of: "m")
      #expect(found(store) == fromSizes)
    }
    for text in ["", "\n", "m", "8388608", "8388608\n", "lots m\n", "8388608  m\n", "8388608 n\n", "\u{0}"] {
      try Data(text.utf8).write(to: URL(filePath: store.folder + "/fast-memory"))
      #expect(found(store) == fromSizes, "\(text)")
    }
    try Data("8388608 m".utf8).write(to: URL(filePath: store.folder + "/fast-memory"))
    #expect(found(store).byteCount == 8 << 20)
  }

  @Test(arguments: [("4194304", 4 << 20), ("512K", 512 << 10), ("32M", 32 << 20), ("1G", 1 << 30), ("1", 1)])
  func theEnvironmentSetsIt(text: String, expected: Int) throws {
    let variables = [FastMemory.variable: text]
    let capacity = FastMemory(byteCount: expected, origin: .environment)
    #expect(try FastMemory.fromEnvironment { variables[$0] } == capacity)
    #expect(try FastMemory.measuredIfNeeded { variables[$0] } == capacity)
    #expect(try ExecutionContext.fromEnvironment { variables[$0] }.fastMemoryBytes == expected)
  }

  @Test(arguments: ["", "0", "-1", "M", "1.5M", "32 M", "32MB", "1025G", "99999999999999999999", "9999999999999999G"])
  func senselessCapacitiesAreAnError(text: String) {
    let error = #expect(throws: TesseraError.self) {
      try ExecutionContext.fromEnvironment { [FastMemory.variable: text][$0] }
    }
    #expect(error.map { "\($0)".contains(FastMemory.variable) } == true)
  }

  private func capacity(_ rates: [Double], memory: Double) -> Int {
    let points = rates.enumerated().map {
      FastMemoryMeasurement.Point(bytesPerProcessor: 4 << (20 + $0.offset), gigabytesPerSecond: $0.element)
    }
    return FastMemoryMeasurement.capacity(points, memory: memory, own: 2 << 20)
  }

  @Test("The capacity is the last size before rates fall to memory's")
  func capacities() {
    // Rates of 4, 8, 16 and 32 MiB a core.
    #expect(capacity([48, 45, 47, 46], memory: 22) == 32 << 20)
    #expect(capacity([48, 45, 40, 30], memory: 22) == 16 << 20)
    #expect(capacity([48, 24, 23, 22], memory: 22) == 4 << 20)
    // One that is fast again after one that was not is luck.
    #expect(capacity([48, 45, 25, 46], memory: 22) == 8 << 20)
    // A shared level that is no faster than memory, and none at all.
    #expect(capacity([28, 28, 27, 26], memory: 22) == 2 << 20)
    #expect(capacity([20, 21, 22, 23], memory: 22) == 2 << 20)
    #expect(capacity([], memory: 22) == 2 << 20)
  }

  @Test("Noise of a few per cent does not change a capacity that is not at an edge")
  func noise() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<1000 {
      func noisy(_ rate: Double) -> Double { rate * Double.random(in: 0.9...1.1, using: &generator) }
      #expect(capacity([48, 45, 42, 24].map(noisy), memory: noisy(22)) == 16 << 20)
    }
  }

  @Test func workingSetsArePowersOfTwoWithinTheBounds() {
    #expect(FastMemoryMeasurement.workingSets(Self.sizes) == [4 << 20, 8 << 20, 16 << 20, 32 << 20])
    var sizes = Self.sizes
    (sizes.level2, sizes.level3, sizes.level3Sharers) = (1280 << 10, 24 << 20, 4)
    #expect(FastMemoryMeasurement.workingSets(sizes) == [2 << 20, 4 << 20])
    sizes.level3 = 0
    #expect(FastMemoryMeasurement.workingSets(sizes).isEmpty)
  }

  @Test("A measurement has a rate for each size, and a capacity among them")
  func measurement() throws {
    let sizes = CacheSizes(level1: 32 << 10, level2: 512 << 10, level3: 4 << 20, level3Sharers: 1)
    let measurement = try FastMemoryMeasurement(sizes: sizes, rounds: 1, coldByteCount: 8 << 20)
    #expect(measurement.points.map(\.bytesPerProcessor) == [1 << 20, 2 << 20, 4 << 20])
    #expect((measurement.points + [measurement.memory]).allSatisfy { $0.gigabytesPerSecond > 0 })
    #expect(([512 << 10] + measurement.points.map(\.bytesPerProcessor)).contains(measurement.byteCount))
    #expect(measurement.memory.bytesPerProcessor >= 4 << 20)
    // Nothing to look for.
    let alone = CacheSizes(level1: 32 << 10, level2: 512 << 10, level3: 0, level3Sharers: 1)
    #expect(try FastMemoryMeasurement(sizes: alone, rounds: 1, coldByteCount: 1 << 20).byteCount == 512 << 10)
  }
}
