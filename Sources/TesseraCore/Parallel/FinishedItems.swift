import CTesseraKernels
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Which items of a call have run, for those of them that wait for others.
///
/// An item may wait for items that are handed out before it (`ItemOrder.inTurns`) and for no others: then the first
/// that has not run waits for nobody, and none waits for ever. What an item wrote before it was marked is visible to
/// whoever has waited for it. Serves one call at a time.
package final class FinishedItems: @unchecked Sendable {
  private let marks: UnsafeMutablePointer<Atomic<Bool>>
  package let count: Int

  package init(count: Int) {
    self.count = count
    marks = .allocate(capacity: count)
    for item in 0..<count { (marks + item).initialize(to: Atomic(false)) }
  }

  /// Memory of the marks.
  package var byteCount: Int { count * MemoryLayout<Atomic<Bool>>.stride }

  deinit { marks.deinitialize(count: count).deallocate() }

  /// Before a call: no item has run.
  package func clear() {
    for item in 0..<count { marks[item].store(false, ordering: .relaxed) }
  }

  package func mark(_ item: Int) { marks[item].store(true, ordering: .releasing) }

  /// Returns as soon as the item has run.
  package func wait(for item: Int) {
    var spins = 0
    while !marks[item].load(ordering: .acquiring) {
      tsr_processor_relax()
      spins += 1
      // On an overbooked machine the thread that we wait for may need this processor.
      if spins % 1024 == 0 { sched_yield() }
    }
  }
}
