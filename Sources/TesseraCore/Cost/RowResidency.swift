/// Which of a row loop's touches find their data still in fast memory, decided when a call is planned.
///
/// A kernel that works row by row makes one or more passes over each row; in a pass it touches several streams side by
/// side. With least-recently-used replacement a touch hits when the distinct bytes touched since the last touch of the
/// same data fit the capacity. Work items start with nothing resident: they may run on any core.
/// Nothing here runs while the kernel does, and nothing depends on variant or thread count.
public struct RowResidency: Sendable {
  /// A run of bytes that each row touches.
  public struct Stream: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
      /// Another part of memory each row.
      case perRow
      /// The same bytes for every row: a bias, a gain.
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
    // Three rows are enough for the second and third to be alike; the third is taken as every later one.
    let touches = Self.touches(passes: passes, rows: 3)
    var traffic = [Traffic](repeating: Traffic(), count: 3)
    for (index, touch) in touches.enumerated() {
      for stream in touch.reads where !Self.isResident(stream, at: index, in: touches, capacity: capacity) {
        traffic[touch.row].readBytes += stream.bytes
        // A scratch row that left fast memory between two touches had to be stored on its way out.
        if stream.kind == .scratch { traffic[touch.row].writtenBytes += stream.bytes }
      }
      for stream in touch.writes where stream.kind != .scratch { traffic[touch.row].writtenBytes += stream.bytes }
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

  private struct Touch {
    var row: Int
    var reads: [Stream]
    var writes: [Stream]
    var all: [Stream] { reads + writes }
  }

  private static func touches(passes: [Pass], rows: Int) -> [Touch] {
    (0..<rows).flatMap { row in passes.map { Touch(row: row, reads: $0.reads, writes: $0.writes) } }
  }

  /// Whether the data of `stream` as touched at `index` was touched before and stayed.
  private static func isResident(_ stream: Stream, at index: Int, in touches: [Touch], capacity: Int) -> Bool {
    let row = touches[index].row
    guard
      let last = touches[..<index].lastIndex(where: { touch in
        touch.all.contains { $0.name == stream.name } && (stream.kind != .perRow || touch.row == row)
      })
    else { return false }
    // Distinct bytes between two touches of one element: the rest of the last pass, what lies between, the part of
    // this pass before the element. Per-row data of different rows are different bytes; of one row, and shared data
    // and scratch, the same.
    var distinct: [String: Int] = [:]
    for touch in touches[last...index] {
      for stream in touch.all {
        let key = stream.kind == .perRow ? "\(stream.name)@\(touch.row)" : stream.name
        distinct[key] = stream.bytes
      }
    }
    // A stream that only one of the two end passes touches counts for the part on this side of the element: at worst
    // the whole of the larger side.
    let first = Set(touches[last].all.map { key($0, row: touches[last].row) })
    let final = Set(touches[index].all.map { key($0, row: row) })
    let between = Set(touches[(last + 1)..<index].flatMap { touch in touch.all.map { key($0, row: touch.row) } })
    let onlyFirst = first.subtracting(final).subtracting(between).reduce(0) { $0 + distinct[$1]! }
    let onlyFinal = final.subtracting(first).subtracting(between).reduce(0) { $0 + distinct[$1]! }
    let total = distinct.values.reduce(0, +)
    return total - onlyFirst - onlyFinal + max(onlyFirst, onlyFinal) <= capacity
  }

  private static func key(_ stream: Stream, row: Int) -> String {
    stream.kind == .perRow ? "\(stream.name)@\(row)" : stream.name
  }
}
