/// What one update of a worker's byte counter costs, in nanoseconds: the median of several rounds.
///
/// Measured through a call that kernels' loops inline, as row loops do it (rows to bytes, then the addition), so it is
/// an upper bound. Times the updates of a run it says what counting cost that run.
public func ledgerUpdateNanoseconds() -> Double {
  let row = RowResidency.Stream("row", bytes: 4096, .perRow)
  let residency = RowResidency(passes: [.init(reads: [row], writes: [row])], capacity: 1 << 20)
  var traffic = Traffic()
  let updates = 100_000
  let rounds = (0..<9).map { _ in
    let start = monotonicNanoseconds()
    withUnsafeMutablePointer(to: &traffic) { counter in
      for rows in 0..<updates { countRows(rows & 255, residency, counter) }
    }
    return Double(monotonicNanoseconds() - start) / Double(updates)
  }
  return rounds.sorted()[rounds.count / 2]
}

@inline(never)
private func countRows(_ rows: Int, _ residency: RowResidency, _ counter: UnsafeMutablePointer<Traffic>) {
  let moved = residency.traffic(rows: rows)
  counter.pointee.add(readBytes: moved.readBytes, writtenBytes: moved.writtenBytes)
}
