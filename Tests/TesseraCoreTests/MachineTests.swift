import CTesseraKernels
import Testing
import TesseraCore

@Suite struct MachineTests {
  /// 1024 floats an array: a multiple of 256, as the kernels ask, and not of what they walk side by side.
  static let count = 1024

  @Test(
    "Stream kernels do what their mix says",
    arguments: MachineKernels.variants.filter(\.instructionSet.isAvailable).map(\.instructionSet), [false, true])
  func streams(instructionSet: InstructionSet, streaming: Bool) throws {
    let kernels = MachineKernels.variants.best(for: instructionSet)
    for kind in BandwidthKind.allCases {
      let arrays = try (0..<3).map { _ in try AlignedBuffer<Float>(repeating: 0, count: Self.count) }
      let sink = try AlignedBuffer<Float>(repeating: 0, count: 1)
      for index in 0..<Self.count {
        arrays[0].pointer[index] = Float(index % 7)
        arrays[1].pointer[index] = Float(index % 5)
      }
      var part = tsr_machine_stream(
        count: Self.count, a: arrays[0].pointer, b: arrays[1].pointer, c: arrays[2].pointer, sink: sink.pointer,
        streaming: streaming)
      kernels.stream(kind)(&part)
      for index in 0..<Self.count {
        let (first, second) = (Float(index % 7), Float(index % 5))
        // The factor of the loops is 1, which they do not know.
        let expected: (Float, Float, Float) =
          switch kind {
          case .read, .inPlace: (first, second, 0)
          case .copy: (first, first, 0)
          case .twoToOne: (first, second, first + second)
          case .oneToTwo: (first, first, first)
          }
        let found = (arrays[0].pointer[index], arrays[1].pointer[index], arrays[2].pointer[index])
        #expect(found == expected, "\(kind) at \(index)")
      }
      if kind == .read { #expect(sink.pointer.pointee == (0..<Self.count).reduce(0) { $0 + Float($1 % 7) }) }
    }
  }

  @Test(
    "The chains of multiply-adds stay finite and count whole vectors",
    arguments: MachineKernels.variants.filter(\.instructionSet.isAvailable).map(\.instructionSet))
  func multiplyAdds(instructionSet: InstructionSet) throws {
    let kernels = MachineKernels.variants.best(for: instructionSet)
    var sink: Float = .nan
    let operations = kernels.fma_f32(100_000, &sink)
    #expect(operations > 0 && operations % 16 == 0)
    #expect(sink.isNormal)
    let terms = try AlignedBuffer<Float>(repeating: 1e-6, count: Int(TSR_MACHINE_FMA_TERMS))
    #expect(kernels.loaded_fma_f32(1000, terms.pointer, &sink) == 2 * terms.count)
    #expect(sink.isNormal)
    // Every term is read: one that is not finite reaches the sum.
    for index in terms.elements.indices {
      terms.elements[index] = .infinity
      _ = kernels.loaded_fma_f32(1, terms.pointer, &sink)
      #expect(sink == .infinity, "\(index)")
      terms.elements[index] = 1e-6
    }
  }

  @Test("Peaks are there for every kind, and rounds add up", arguments: [1, 2])
  func peaks(threadCount: Int) throws {
    let measurement = try MachineMeasurement(pool: WorkerPool(threadCount: threadCount), arrayByteCount: 8 << 20)
    measurement.sample(rounds: 2)
    let peaks = measurement.peaks
    #expect(peaks.rounds == 3)
    #expect(peaks.steadiness.rounds == 3 && (0...3).contains(peaks.steadiness.disturbedRounds))
    #expect(peaks.steadiness.percent > 0 && peaks.steadiness.percent <= 100 && peaks.steadiness.loadedGflops > 0)
    #expect(peaks.floatGflops > 0 && peaks.floatGflops.isFinite)
    #expect(peaks.dropoutDecisionsPerSecond > 0 && peaks.dropoutDecisionsPerSecond.isFinite)
    for kind in BandwidthKind.allCases {
      let best = peaks.gigabytesPerSecond(kind)
      #expect(best > 0 && best.isFinite)
      #expect(best >= peaks.plain(kind))
      #expect(best == max(peaks.plain(kind), peaks.nonTemporal(kind) ?? 0))
    }
    #expect(peaks.nonTemporal(.read) == nil)
    // Registers do more than 1 operation for each byte that memory moves, on any machine that this runs on.
    #expect(peaks.floatGflops > peaks.gigabytesPerSecond(.read) / 16)
  }

  @Test("Arrays are as large as cold rotations unless memory is short")
  func arraySizes() {
    let bytes = MachineMeasurement.defaultArrayByteCount
    #expect(bytes >= max(CacheSizes.currentColdByteCount, 256 << 20) || bytes == physicalMemoryBytes() / 8)
  }

  @Test("The kind is the one whose share of reads is nearest")
  func kinds() {
    func kind(_ read: Int, _ written: Int, inPlace: Bool = false) -> BandwidthKind {
      BandwidthKind(readBytes: read, writtenBytes: written, inPlace: inPlace)
    }
    #expect(kind(100, 100) == .copy)
    #expect(kind(100, 0) == .read)
    #expect(kind(900, 100) == .read)
    #expect(kind(200, 100) == .twoToOne)
    #expect(kind(100, 200) == .oneToTwo)
    // A stored mask of one byte an element: 4 read, 5 written.
    #expect(kind(4, 5) == .copy)
    #expect(kind(0, 100) == .oneToTwo)
    #expect(kind(0, 0) == .oneToTwo)
    #expect(kind(200, 100, inPlace: true) == .inPlace)
  }

  @Test("What counting a tile costs is measured")
  func counterUpdate() {
    let nanoseconds = ledgerUpdateNanoseconds()
    #expect(nanoseconds > 0 && nanoseconds.isFinite)
  }
}
