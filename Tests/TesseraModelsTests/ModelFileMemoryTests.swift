import Foundation
import TesseraModels
import Testing

#if os(Linux)
  /// Memory that reading takes, in a process of its own: at most twice the file's size and 1 MiB, besides the mapping.
  @Suite struct ModelFileMemoryTests {
    /// The shortest pairs and tensors that there can be, so that tables are as large beside the file as they get.
    @Test func manySmallRecords() async {
      await #expect(processExitsWith: .success) {
        let count = 200_000
        // Single numbers that all lie at the same place; then ones whose type is not known, whose places are compared.
        for type in [UInt32(0), 99] {
          var bytes = Bytes()
          bytes.append("GGUF".utf8)
          bytes.append(UInt32(3), UInt64(count), UInt64(count))
          for index in 0..<count { bytes.append(name: index, UInt32(0), UInt8(0)) }
          for index in 0..<count { bytes.append(name: index, UInt32(0), type, UInt64(0)) }
          bytes.append(repeatElement(0, count: 64))
          try bytes.checkMemory { file throws(ModelFileError) in
            guard let gguf = try? GGUFFile(file) else { return precondition(type == 0) }
            precondition(gguf.metadata.keys.count == count && gguf.tensorNames.count == count)
          }
        }
      }
    }

    @Test func manyShortStrings() async {
      await #expect(processExitsWith: .success) {
        let count = 1_000_000
        var bytes = Bytes()
        bytes.append("GGUF".utf8)
        bytes.append(UInt32(3), UInt64(0), UInt64(1))
        bytes.append(name: 0, UInt32(9), UInt32(8), UInt64(count))
        bytes.append(repeatElement(0, count: 8 * count))
        try bytes.checkMemory { file throws(ModelFileError) in
          let metadata = try GGUFFile(file).metadata
          let strings = try metadata.strings(forKey: metadata.keys.first!)
          precondition(strings.count == count && strings.allSatisfy(\.isEmpty))
        }
      }
    }

    @Test func manyTensorsOfSafetensors() async {
      await #expect(processExitsWith: .success) {
        let entries = (0..<50_000).map { "\"\($0)\":{\"dtype\":\"\",\"shape\":[],\"data_offsets\":[0,0]}" }
        let header = "{" + entries.joined(separator: ",") + "}"
        var bytes = Bytes()
        bytes.append(UInt64(header.utf8.count))
        bytes.append(header.utf8)
        try bytes.checkMemory { file throws(ModelFileError) in
          let count = try SafetensorsFile(file).tensorNames.count
          precondition(count == 50_000)
        }
      }
    }
  }

  /// A file in the making.
  private struct Bytes {
    var contents: [UInt8] = []

    mutating func append(_ bytes: some Sequence<UInt8>) { contents.append(contentsOf: bytes) }

    mutating func append(_ numbers: any FixedWidthInteger...) { for number in numbers { append(one: number) } }

    /// A name of as few bytes as there are names for, then numbers.
    mutating func append(name index: Int, _ numbers: any FixedWidthInteger...) {
      let name = String(index, radix: 36)
      append(one: UInt64(name.utf8.count))
      append(name.utf8)
      for number in numbers { append(one: number) }
    }

    private mutating func append(one number: some FixedWidthInteger) {
      withUnsafeBytes(of: number.littleEndian) { contents.append(contentsOf: $0) }
    }

    /// Runs `body` on the bytes as a mapped file and compares how far the process's memory grew.
    func checkMemory(_ body: (MappedFile) throws(ModelFileError) -> Void) throws {
      let path = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)").path
      try Data(contents).write(to: URL(filePath: path))
      defer { try? FileManager.default.removeItem(atPath: path) }
      let file = try MappedFile(path: path)
      // Pages of the file count towards the peak: they are read before, so that only what is allocated comes on top.
      precondition(file.bytes.reduce(0) { $0 &+ Int($1) } >= 0)
      // What the process has let go is given back, so that it cannot serve what is measured.
      let trim = dlsym(nil, "malloc_trim")!
      _ = unsafeBitCast(trim, to: (@convention(c) (Int) -> CInt).self)(0)
      try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))  // The peak begins again from here.
      let before = try peak()
      try body(file)
      let growth = try peak() - before
      let most = 2 * contents.count + 1 << 20
      print("file of \(contents.count) bytes: \(growth) more")
      precondition(growth <= most, "a file of \(contents.count) bytes took \(growth) more, over \(most)")
    }

    /// The most memory that the process has had, in bytes.
    private func peak() throws -> Int {
      let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }!
      return Int(line.split(separator: " ")[1])! * 1024
    }
  }
#endif
