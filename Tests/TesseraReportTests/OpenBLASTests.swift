import Foundation
import Tessera
import TesseraReport
import Testing

/// Which kernels OpenBLAS runs, and what is said where they are the wrong ones.
@Suite struct OpenBLASTests {
  @Test(arguments: [
    ("Prescott", InstructionSet.portable), ("PRESCOTT", .portable), ("Sandybridge", .portable),
    ("Opteron_SSE3", .portable), ("Haswell", .avx2), ("Zen", .avx2), ("SkylakeX", .avx512), ("Cooperlake", .avx512),
    ("SapphireRapids", .avx512),
  ]) func coresAreKnown(_ name: String, _ expected: InstructionSet) {
    #expect(OpenBLASCore(name).instructionSet == expected)
  }

  @Test func decisions() {
    func decision(_ core: String, _ best: InstructionSet, _ forced: String? = nil) -> OpenBLASCore.Decision {
      OpenBLASCore(core).decision(best: best, forced: forced)
    }
    #expect(decision("Prescott", .avx512) == .choose(OpenBLASCore("SkylakeX")))
    #expect(decision("Haswell", .avx512) == .choose(OpenBLASCore("SkylakeX")))
    #expect(decision("Prescott", .avx2) == .choose(OpenBLASCore("Haswell")))
    #expect(decision("Prescott", .portable) == .keep)
    #expect(decision("Haswell", .avx2) == .keep && decision("Cooperlake", .avx512) == .keep)
    // More than we have kernels for is no fault.
    #expect(decision("SkylakeX", .avx2) == .keep)
    // What is not known is left alone.
    #expect(decision("NeoverseN1", .portable) == .keep && decision("Graniterapids", .avx512) == .keep)
    // What the user asks for is left, but not in silence.
    #expect(decision("Prescott", .avx512, "Prescott") == .warn && decision("Zen", .avx512, "Zen") == .warn)
    #expect(decision("SkylakeX", .avx512, "SkylakeX") == .keep)
  }

  @Test func theChosenCoreIsNotBelow() {
    for set in [InstructionSet.avx2, .avx512] { #expect(OpenBLASCore(for: set)?.isBelow(set) == false) }
    #expect(OpenBLASCore(for: .portable) == nil)
  }

  @Test(arguments: ReportFormat.allCases.filter { $0 != .csv }) func warnings(_ format: ReportFormat) throws {
    var report = try tinyReport.get()
    func rendered() throws -> String { try report.rendered(as: format, draw: { _ in "" }) }
    report.machine.openBLAS = OpenBLASKernels(core: "SkylakeX", replacedCore: "Prescott")
    // The page warns of a few runs, too.
    let others = try rendered().ranges(of: "WARNING").count
    #expect(try (others == 0) == (format != .html) && rendered().contains("Prescott"))
    report.machine.openBLAS?.warning = "kernels <below> what the processor has"
    let text = try rendered()
    #expect(format == .json ? text.contains("\"openblasWarning\"") : text.ranges(of: "WARNING").count > others)
    #expect(text.contains(format == .html ? "kernels &lt;below&gt; what" : "kernels <below> what"))
  }

  /// A processor whose kernels OpenBLAS does not know.
  @Test(.enabled(if: InstructionSet.best > .portable, "no kernels of OpenBLAS are below a portable processor's"))
  func kernelsThatAreForcedAreWarnedOf() throws {
    let arguments =
      "report --batch 1 --length 8 --hidden 8 --heads 2 --feedforward 8 --runs 1 --threads 1 --format json"
    let run = try CommandRun(arguments, environment: ["OPENBLAS_CORETYPE": "Prescott"])
    #expect(run.status == 0)
    let root = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let machine = try #require(root["machine"] as? [String: Any])
    guard machine["openblasCore"] as? String == "Prescott" else {
      print("skipped: this OpenBLAS is built for one processor, and cannot be forced to other kernels")
      return
    }
    let warning = try #require(machine["openblasWarning"] as? String)
    #expect(warning.contains("OPENBLAS_CORETYPE=Prescott") && run.error.contains(warning))
    #expect(machine["openblasReplacedCore"] == nil)
  }

  /// A processor that OpenBLAS does not know: it is loaded once more, under another name so that the process's own
  /// stays as it is, and takes kernels that are too old.
  @Test(.enabled(if: InstructionSet.best > .portable, "no kernels of OpenBLAS are below a portable processor's"))
  func aCoreThatIsBelowIsReplaced() throws {
    let copy = FileManager.default.temporaryDirectory.appending(path: "tessera-openblas-\(UUID().uuidString).so").path
    try FileManager.default.copyItem(atPath: try Self.path(), toPath: copy)
    defer { try? FileManager.default.removeItem(atPath: copy) }
    let wanted = try #require(OpenBLASCore(for: .best))
    let library = try OpenBLASLibrary([copy], forced: nil, best: .best, first: "Prescott")
    guard library.kernels.warning == nil else {
      print("skipped: this OpenBLAS is built for one processor, and has no other kernels")
      return
    }
    #expect(library.kernels.core == wanted.name && library.kernels.replacedCore == "Prescott")
    for sizes in Self.sizes { try Self.checkProduct(sizes, library) }
    let forced = try OpenBLASLibrary([copy], forced: wanted.name, best: .best)
    #expect(forced.kernels == OpenBLASKernels(core: wanted.name))
    #expect(
      getenv("OPENBLAS_CORETYPE").map { String(cString: $0) }
        == ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"])
  }

  /// The file that the process's own was loaded from.
  private static func path() throws -> String {
    _ = try OpenBLASLibrary.shared()
    // Its size is not known before it is read.
    let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps"))
    let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    let line = try #require(maps.split(separator: "\n").first { $0.contains("libopenblas") })
    return String(line[try #require(line.firstIndex(of: "/"))...])
  }

  /// Rows, columns and depth around tiles and panels, single ones and none.
  static let sizes = [
    (1, 1, 1), (1, 47, 5), (5, 1, 3), (17, 13, 29), (33, 257, 63), (130, 49, 7), (3, 2, 0), (0, 4, 4), (4, 0, 4),
    (1100, 65, 9), (64, 1030, 31),
  ]

  @Test(arguments: sizes) func productsAreRight(_ sizes: (Int, Int, Int)) throws {
    try Self.checkProduct(sizes, OpenBLASLibrary.shared())
  }

  private static func checkProduct(_ sizes: (Int, Int, Int), _ library: OpenBLASLibrary) throws {
    let (rows, columns, depth) = sizes
    let (input, weight) = (try uniform(rows * depth, seed: 1), try uniform(columns * depth, seed: 2))
    let output = try AlignedBuffer<Float>(repeating: .nan, count: rows * columns)
    let ledger = Ledger()
    var context = try context(threads: 3)
    context.ledger = ledger
    let map = try BaselineLinear(rows: rows, columns: columns, depth: depth, context: context, library: library)
    map.run(
      input: UnsafeBufferPointer(input.elements), weight: UnsafeBufferPointer(weight.elements), output: output.elements)
    var largest = 0.0
    for row in 0..<rows {
      for column in 0..<columns {
        let exact = (0..<depth).reduce(0.0) { sum, k in
          sum + Double(input.elements[row * depth + k]) * Double(weight.elements[column * depth + k])
        }
        let difference = abs(exact - Double(output.elements[row * columns + column]))
        largest = difference <= largest ? largest : difference
      }
    }
    // Numbers in -1 ..< 1: depth roundings of sums below depth.
    #expect(largest <= Double(depth * depth) * 0x1p-24, "\(sizes)")
    let entry = try #require(ledger.entries["baseline-linear"])
    #expect(entry.isModelled && entry.traffic.byteCount == entry.leastBytes && ledger.entries.count == 1)
    #expect(entry.leastBytes == 4 * (rows * depth + columns * depth + rows * columns))
  }

  private static func uniform(_ count: Int, seed: UInt64) throws -> AlignedBuffer<Float> {
    let buffer = try AlignedBuffer<Float>(uninitializedCount: count)
    fillUniform(buffer.elements, seed: seed)
    return buffer
  }

  @Test func whatIsMissingIsNamed() throws {
    let error = #expect(throws: TesseraError.self) {
      try OpenBLASLibrary(["libtessera-there-is-none.so"], forced: nil, best: .best)
    }
    let text = try #require(error?.description)
    for word in ["libtessera-there-is-none.so", "libopenblas0-pthread", "openblas (Homebrew)"] {
      #expect(text.contains(word), "\(text)")
    }
    #expect(throws: TesseraError.self) { try OpenBLASLibrary(["libc.so.6"], forced: nil, best: .best) }
  }

  /// Where its own allocation finds no room OpenBLAS tries for ever.
  @Test func roomIsAskedForFirst() throws {
    try OpenBLASLibrary.checkRoom(threads: 1)
    for threads in [1 << 24, .max] {
      #expect(throws: TesseraError.self) { try OpenBLASLibrary.checkRoom(threads: threads) }
    }
  }

  @Test func sizesBeyondItsOwnAreRefused() throws {
    for sizes in [(-1, 1, 1), (1, 1 << 31, 1), (1, 1, 1 << 31)] {
      #expect(throws: TesseraError.self) {
        try BaselineLinear(
          rows: sizes.0, columns: sizes.1, depth: sizes.2, context: context(), library: OpenBLASLibrary.shared())
      }
    }
  }
}
