import CTesseraKernels
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The threads of a pool in one process, and the one call that they work on.
///
/// The gate is a single atomic word: call number · open flag · threads inside. A caller describes its call, opens the
/// gate under a new number, works along, closes it and waits until nobody is inside. A worker enters by counting
/// itself in, which only succeeds while the gate is open; so a thread that wakes too late is never waited for.
final class Crew: @unchecked Sendable {
  let forkGeneration = TesseraCore.forkGeneration.load(ordering: .relaxed)
  private let threadCount: Int
  private let gate = Atomic<UInt64>(0)
  private let isTaken = Atomic<Bool>(false)
  /// The next item of each thread's share; of all items, where they are handed out in turns, the first share's.
  private let shares: UnsafeMutablePointer<Share>
  private let sleepers = Atomic<Int>(0)
  private let isStopping = Atomic<Bool>(false)
  /// How long a worker without work keeps its processor.
  private let spinNanoseconds: UInt64
  private let bed = SleepingPlace()
  private let counters: UnsafeMutablePointer<PaddedTraffic>
  private var threads: [pthread_t] = []

  // Written by the caller while the gate is closed, read by workers inside it.
  private var itemCount = 0
  private var order = ItemOrder.inTurns
  private var body: ((Int, Worker) -> Void)?

  init(threadCount: Int) {
    self.threadCount = threadCount
    // Spinning threads of an overbooked machine would take the processor from those that work.
    spinNanoseconds = threadCount <= ProcessorCount.usable ? 200_000 : 0
    counters = .allocate(capacity: threadCount)
    counters.initialize(repeating: PaddedTraffic(), count: threadCount)
    shares = .allocate(capacity: threadCount)
    for index in 0..<threadCount { (shares + index).initialize(to: Share()) }
    // Where the system refuses a thread, those that there are do its items: results do not depend on who runs them.
    threads = (1..<threadCount).compactMap { index in startThread { [self] in work(index: index) } }
  }

  deinit {
    counters.deallocate()
    shares.deinitialize(count: threadCount).deallocate()
  }

  /// Runs the call with this crew, or returns nil at once when another call has it.
  func tryRun(itemCount: Int, order: ItemOrder, _ body: (Int, Worker) -> Void) -> Traffic? {
    guard isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else { return nil }
    for index in 0..<threadCount { counters[index].traffic = Traffic() }
    let shareCount = order == .neighbouring ? threadCount : 1
    for index in 0..<shareCount { shares[index].next.store(index * itemCount / shareCount, ordering: .relaxed) }
    withoutActuallyEscaping(body) { body in
      (self.itemCount, self.order) = (itemCount, order)
      self.body = body
      // Sequentially consistent, as are a sleeper's two steps: either it sees the open gate or we see the sleeper.
      let call = (gate.load(ordering: .relaxed) >> Gate.callShift) &+ 1
      gate.store(call << Gate.callShift | Gate.open, ordering: .sequentiallyConsistent)
      if sleepers.load(ordering: .sequentiallyConsistent) > 0 { bed.wake(atMost: itemCount - 1) }
      takeItems(index: 0)
      gate.bitwiseAnd(~Gate.open, ordering: .acquiringAndReleasing)
      var spins = 0
      while gate.load(ordering: .acquiring) & Gate.countMask != 0 {
        tsr_processor_relax()
        spins += 1
        // On an overbooked machine the thread that we wait for may need this processor.
        if spins % 1024 == 0 { sched_yield() }
      }
      self.body = nil
    }
    var traffic = Traffic()
    for index in 0..<threadCount { traffic += counters[index].traffic }
    isTaken.store(false, ordering: .releasing)
    return traffic
  }

  /// Ends the threads; nobody may call `tryRun` any more.
  func stop() {
    isStopping.store(true, ordering: .sequentiallyConsistent)
    bed.wake(atMost: .max)
    for thread in threads { pthread_join(thread, nil) }
    threads = []
  }

  private func takeItems(index: Int) {
    let body = self.body!
    let worker = Worker(index: index, traffic: counters.trafficPointer(at: index))
    guard order == .neighbouring else { return take(share: 0, until: itemCount, body, worker) }
    for turn in 0..<threadCount {
      let share = (index + turn) % threadCount
      take(share: share, until: (share + 1) * itemCount / threadCount, body, worker)
    }
  }

  private func take(share: Int, until end: Int, _ body: (Int, Worker) -> Void, _ worker: Worker) {
    while true {
      let item = shares[share].next.add(1, ordering: .relaxed).oldValue
      if item >= end { return }
      body(item, worker)
    }
  }

  private func work(index: Int) {
    var lastCall: UInt64 = 0
    while let call = waitForCall(after: lastCall) {
      lastCall = call
      takeItems(index: index)
      gate.subtract(1, ordering: .releasing)
    }
  }

  /// Returns the number of a call that this thread has entered, or nil when the crew stops.
  private func waitForCall(after lastCall: UInt64) -> UInt64? {
    var deadline: UInt64?
    while true {
      for _ in 0..<64 {
        if let call = tryEnter(after: lastCall) { return call }
        if isStopping.load(ordering: .relaxed) { return nil }
        tsr_processor_relax()
      }
      let now = monotonicNanoseconds()
      if let deadline, now >= deadline {
        sleep(after: lastCall)
      } else if deadline == nil {
        deadline = now + spinNanoseconds
      }
    }
  }

  private func tryEnter(after lastCall: UInt64) -> UInt64? {
    var word = gate.load(ordering: .sequentiallyConsistent)
    while word & Gate.open != 0, word >> Gate.callShift != lastCall {
      let result = gate.compareExchange(expected: word, desired: word + 1, ordering: .acquiringAndReleasing)
      if result.exchanged { return word >> Gate.callShift }
      word = result.original
    }
    return nil
  }

  private func sleep(after lastCall: UInt64) {
    bed.sleep {
      sleepers.add(1, ordering: .sequentiallyConsistent)
    } until: {
      let word = gate.load(ordering: .sequentiallyConsistent)
      return (word & Gate.open != 0 && word >> Gate.callShift != lastCall)
        || isStopping.load(ordering: .sequentiallyConsistent)
    } leave: {
      sleepers.subtract(1, ordering: .sequentiallyConsistent)
    }
  }
}

/// The parts of the gate's word.
private enum Gate {
  static let callShift: UInt64 = 16
  static let open: UInt64 = 1 << 15
  static let countMask: UInt64 = open - 1
}

/// Two cache lines apart, because processors fetch lines in pairs.
private struct PaddedTraffic {
  var traffic = Traffic()
  private var padding: InlineArray<13, UInt64> = .init(repeating: 0)
}

/// A counter, two cache lines from the next.
private struct Share: ~Copyable {
  let next = Atomic<Int>(0)
  private var padding: InlineArray<15, UInt64> = .init(repeating: 0)
}

extension UnsafeMutablePointer<PaddedTraffic> {
  fileprivate func trafficPointer(at index: Int) -> UnsafeMutablePointer<Traffic> {
    UnsafeMutableRawPointer(self + index).assumingMemoryBound(to: Traffic.self)
  }
}
