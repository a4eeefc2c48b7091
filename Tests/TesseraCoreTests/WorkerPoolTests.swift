import Foundation
import Synchronization
import TesseraCore
import Testing

@Suite struct WorkerPoolTests {
  /// Runs a call and returns how often each item ran.
  private func visits(_ pool: WorkerPool, itemCount: Int, order: ItemOrder = .inTurns) -> [Int] {
    let counts = UnsafeMutablePointer<Int>.allocate(capacity: max(1, itemCount))
    counts.initialize(repeating: 0, count: max(1, itemCount))
    defer { counts.deallocate() }
    nonisolated(unsafe) let shared = counts
    pool.run(itemCount: itemCount, order: order) { item, worker in
      precondition((0..<pool.threadCount).contains(worker.index))
      shared[item] += 1
    }
    return (0..<max(0, itemCount)).map { counts[$0] }
  }

  @Test(arguments: [1, 2, 3, 8, 33])
  func everyItemRunsOnce(threadCount: Int) throws {
    let pool = try WorkerPool(threadCount: threadCount)
    for itemCount in [0, 1, 2, 3, 7, 64, 1000] {
      for order in [ItemOrder.inTurns, .neighbouring] {
        #expect(visits(pool, itemCount: itemCount, order: order) == Array(repeating: 1, count: itemCount))
      }
    }
    #expect(visits(pool, itemCount: -1).isEmpty)
  }

  @Test(arguments: [0, -3, 1_000_000])
  func aSenselessThreadCountIsAnError(threadCount: Int) {
    #expect(throws: TesseraError.self) { try WorkerPool(threadCount: threadCount) }
  }

  @Test func countersAddUp() throws {
    let pool = try WorkerPool(threadCount: 3)
    for _ in 0..<100 {
      let traffic = pool.run(itemCount: 50) { item, worker in
        worker.count(readBytes: item, writtenBytes: 2 * item)
      }
      #expect(traffic == Traffic(readBytes: 1225, writtenBytes: 2450, updates: 50))
    }
  }

  /// Each item adds to what the one three before it has left, however many threads there are.
  @Test(arguments: [1, 2, 3, 33])
  func itemsWaitForThoseBeforeThem(threadCount: Int) throws {
    let pool = try WorkerPool(threadCount: threadCount)
    let finished = FinishedItems(count: 300)
    let sums = UnsafeMutablePointer<Int>.allocate(capacity: 300)
    defer { sums.deallocate() }
    nonisolated(unsafe) let shared = sums
    for _ in 0..<20 {
      finished.clear()
      sums.initialize(repeating: 0, count: 300)
      pool.run(itemCount: 300) { item, _ in
        if item >= 3 { finished.wait(for: item - 3) }
        shared[item] = item + (item >= 3 ? shared[item - 3] : 0)
        finished.mark(item)
      }
      #expect(sums[299] == (0..<100).reduce(0) { $0 + 3 * $1 + 2 })
    }
  }

  @Test func workersWakeAfterSleeping() throws {
    let pool = try WorkerPool(threadCount: 4)
    for _ in 0..<20 {
      // Longer than workers spin.
      usleep(2000)
      #expect(visits(pool, itemCount: 100) == Array(repeating: 1, count: 100))
    }
  }

  @Test func nestedCallsRunInTheirItem() throws {
    let pool = try WorkerPool(threadCount: 4)
    let sum = Atomic<Int>(0)
    pool.run(itemCount: 8) { outer, _ in
      pool.run(itemCount: 8) { inner, _ in sum.add(outer * 8 + inner, ordering: .relaxed) }
    }
    #expect(sum.load(ordering: .relaxed) == (0..<64).reduce(0, +))
  }

  @Test func concurrentCallersAreAllServed() throws {
    let pool = try WorkerPool(threadCount: 3)
    let sum = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 16) { _ in
      for _ in 0..<50 {
        let traffic = pool.run(itemCount: 20) { item, worker in
          worker.count(readBytes: item, writtenBytes: 0)
          sum.add(1, ordering: .relaxed)
        }
        precondition(traffic.readBytes == 190, "a caller's counters are its own")
      }
    }
    #expect(sum.load(ordering: .relaxed) == 16 * 50 * 20)
  }

  @Test func swiftTasksMayCall() async throws {
    let pool = try WorkerPool(threadCount: 4)
    let total = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<32 {
        group.addTask {
          pool.run(itemCount: 10) { item, worker in worker.count(readBytes: item, writtenBytes: 0) }
            .readBytes
        }
      }
      return await group.reduce(0, +)
    }
    #expect(total == 32 * 45)
  }

  @Test func manyPoolsComeAndGo() throws {
    for threadCount in 1...40 {
      let pool = try WorkerPool(threadCount: threadCount)
      #expect(visits(pool, itemCount: 5) == [1, 1, 1, 1, 1])
    }
  }

  #if os(Linux)
    /// Swift hides fork; the contract still speaks of it, because Python and servers use it.
    @Test func aForkedChildGetsThreadsOfItsOwn() throws {
      let pool = try WorkerPool(threadCount: 4)
      _ = visits(pool, itemCount: 10)
      let fork = try #require(dlsym(nil, "fork").map { unsafeBitCast($0, to: (@convention(c) () -> pid_t).self) })
      let child = fork()
      if child == 0 {
        alarm(20)
        let indices = Mutex<Set<Int>>([])
        pool.run(itemCount: 64) { _, worker in
          _ = indices.withLock { $0.insert(worker.index) }
          usleep(500)
        }
        // 64 items of half a millisecond: with fresh threads more than the caller takes part.
        _exit(indices.withLock { $0.count } > 1 ? 0 : 1)
      }
      var status: Int32 = -1
      #expect(waitpid(child, &status, 0) == child)
      #expect(status == 0, "the child ended with status \(status)")
      #expect(visits(pool, itemCount: 10) == Array(repeating: 1, count: 10), "the parent goes on")
    }
  #endif
}
