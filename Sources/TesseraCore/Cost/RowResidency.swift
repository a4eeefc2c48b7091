/// Which of a row loop's touches find their data still in fast memory, decided when a call is planned.
///
/// A kernel that works row by row makes one or more passes over each row; in a pass it touches several streams side by
/// side. With least-recently-used replacement a touch hits when the distinct bytes touched since the last touch of the
/// same data fit the capacity. Work items start with nothing resident: they may run on any core.
/// Nothing here runs while the kernel does, and nothing depends on variant or thread count. docs/byte-model.md tells
/// how it is checked.
public struct RowResidency: Sendable {
  /// A run of bytes that each row touches.
  public struct Stream: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
      /// Another part of memory each row.
      case perRow
      /// The same bytes for every row: a bias, a norm's weight.
      case shared
      /// The worker's own row, written before it is read; moves only when it does not stay in fast memory.
      case scratch
    }
    public var name: String
    public var bytes: Int
    public var kind: Kind

    public init(_ name: String, bytes: Int, _ kind: Kind) {
      self.name = name
      self.bytes = bytes
      self.kind = kind
    }
  }

  /// What one sweep over a row loads and stores.
  public struct Pass: Sendable {
    public var reads: [Stream]
    public var writes: [Stream]

    public init(reads: [Stream], writes: [Stream]) {
      self.reads = reads
      self.writes = writes
    }
  }

  /// Bytes that an item's first row moves, and each later one.
  public let firstRow: Traffic
  public let laterRow: Traffic

  public init(passes: [Pass], capacity: Int) {
    // Most calls: three rows of everything fit, so whatever comes round is resident. Plans are made in the hot path of
    // calls without a workspace, and the general way below takes microseconds.
    let bytes = passes.reduce(0) { sum, pass in (pass.reads + pass.writes).reduce(sum) { $0 + $1.bytes } }
    if bytes <= capacity / 3 {
      (firstRow, laterRow) = Self.everythingStays(passes)
      return
    }
    // Three rows are enough for the second and third to be alike; the third is taken as every later one.
    let touches = Self.touches(passes: passes, rows: 3)
    var traffic = [Traffic](repeating: Traffic(), count: 3)
    // The part of each scratch row that fast memory holds newer than main memory does.
    var dirty: [String: Range<Int>] = [:]
    for (index, touch) in touches.enumerated() {
      for stream in touch.reads + touch.writes where stream.kind == .scratch {
        let missing = Self.missing(stream, at: index, in: touches, capacity: capacity)
        let held = dirty[stream.name] ?? 0..<0
        // What left since it was last written had to be stored on its way out, once.
        traffic[touch.row].writtenBytes += held.clamped(to: missing).count
        // What is missing is one end of the row, so what stayed is one run too.
        let stayed = missing.lowerBound == 0 ? missing.upperBound..<stream.bytes : 0..<missing.lowerBound
        dirty[stream.name] = held.clamped(to: stayed)
      }
      for stream in touch.reads {
        traffic[touch.row].readBytes += Self.missing(stream, at: index, in: touches, capacity: capacity).count
      }
      for stream in touch.writes {
        if stream.kind == .scratch {
          dirty[stream.name] = 0..<stream.bytes
        } else {
          traffic[touch.row].writtenBytes += stream.bytes
        }
      }
    }
    firstRow = traffic[0]
    laterRow = traffic[2]
  }

  /// What an item of `rows` rows moves.
  public func traffic(rows: Int) -> Traffic {
    guard rows > 0 else { return Traffic() }
    return Traffic(
      readBytes: firstRow.readBytes + (rows - 1) * laterRow.readBytes,
      writtenBytes: firstRow.writtenBytes + (rows - 1) * laterRow.writtenBytes)
  }

  /// The first touch of each stream moves it; later rows move only what is theirs.
  private static func everythingStays(_ passes: [Pass]) -> (first: Traffic, later: Traffic) {
    var (first, later) = (Traffic(), Traffic())
    for (index, pass) in passes.enumerated() {
      for stream in pass.reads where stream.kind != .scratch {
        let isKnown = passes[..<index].contains { ($0.reads + $0.writes).contains { $0.name == stream.name } }
        guard !isKnown else { continue }
        first.readBytes += stream.bytes
        if stream.kind == .perRow { later.readBytes += stream.bytes }
      }
      for stream in pass.writes where stream.kind != .scratch {
        first.writtenBytes += stream.bytes
        later.writtenBytes += stream.bytes
      }
    }
    return (first, later)
  }

  private struct Touch {
    var row: Int
    var reads: [Stream]
    var writes: [Stream]
    var all: [Stream] { reads + writes }
  }

  private static func touches(passes: [Pass], rows: Int) -> [Touch] {
    (0..<rows).flatMap { row in passes.map { Touch(row: row, reads: $0.reads, writes: $0.writes) } }
  }

  /// The bytes of `stream` as touched at `index` that were not touched before or did not stay: none, all, or one end.
  private static func missing(_ stream: Stream, at index: Int, in touches: [Touch], capacity: Int) -> Range<Int> {
    let row = touches[index].row
    guard
      let last = touches[..<index].lastIndex(where: { touch in
        touch.all.contains { $0.name == stream.name } && (stream.kind != .perRow || touch.row == row)
      })
    else { return 0..<stream.bytes }
    // Distinct bytes between two touches of one element: the rest of the last pass, what lies between, the part of
    // this pass before the element. Per-row data of different rows are different bytes; of one row, and shared data
    // and scratch, the same.
    var distinct: [String: Int] = [:]
    for touch in touches[last...index] {
      for stream in touch.all { distinct[key(stream, row: touch.row)] = stream.bytes }
    }
    func keys(_ touches: ArraySlice<Touch>) -> Set<String> {
      Set(touches.flatMap { touch in touch.all.map { key($0, row: touch.row) } })
    }
    let (first, between, final) = (
      keys(touches[last...last]), keys(touches[(last + 1)..<index]), keys(touches[index...index])
    )
    // A stream that only one of the two end passes touches counts for the part on this side of the element, so the
    // distance goes evenly from one figure at the row's start to another at its end.
    let total = distinct.values.reduce(0, +)
    let atStart = total - final.subtracting(first).subtracting(between).reduce(0) { $0 + distinct[$1]! }
    let atEnd = total - first.subtracting(final).subtracting(between).reduce(0) { $0 + distinct[$1]! }
    if max(atStart, atEnd) <= capacity { return 0..<0 }
    if min(atStart, atEnd) > capacity { return 0..<stream.bytes }
    let fits = part(capacity - min(atStart, atEnd), of: abs(atEnd - atStart), in: stream.bytes)
    return atStart < atEnd ? fits..<stream.bytes : 0..<stream.bytes - fits
  }

  /// bytes · numerator / denominator, rounded down, for 0 ≤ numerator < denominator; the product may exceed Int.
  private static func part(_ numerator: Int, of denominator: Int, in bytes: Int) -> Int {
    denominator.dividingFullWidth(bytes.multipliedFullWidth(by: numerator)).quotient
  }

  private static func key(_ stream: Stream, row: Int) -> String {
    stream.kind == .perRow ? "\(stream.name)@\(row)" : stream.name
  }
}
