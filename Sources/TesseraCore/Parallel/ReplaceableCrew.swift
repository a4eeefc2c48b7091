import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Holds the pool's crew and puts a fresh one in its place after a fork, whose child has no threads but the caller's.
final class ReplaceableCrew: @unchecked Sendable {
  private let threadCount: Int
  private let holder: Atomic<UnsafeRawPointer>

  init(threadCount: Int) {
    self.threadCount = threadCount
    _ = forkHandlerIsInstalled
    holder = Atomic(Self.retained(Crew(threadCount: threadCount)))
  }

  /// The crew of this process. No lock is taken: one that another thread held at the fork would never be released.
  func current() -> Crew {
    let address = holder.load(ordering: .acquiring)
    let crew = Self.crew(at: address)
    if crew.forkGeneration == forkGeneration.load(ordering: .relaxed) { return crew }
    // The old crew is left as the fork left it: its threads do not exist here, and its locks may never open.
    let fresh = Crew(threadCount: threadCount)
    let freshAddress = Self.retained(fresh)
    let (exchanged, original) = holder.compareExchange(
      expected: address, desired: freshAddress, ordering: .acquiringAndReleasing)
    if exchanged { return fresh }
    fresh.stop()
    Unmanaged<Crew>.fromOpaque(freshAddress).release()
    return Self.crew(at: original)
  }

  deinit {
    let address = holder.load(ordering: .acquiring)
    let crew = Self.crew(at: address)
    guard crew.forkGeneration == forkGeneration.load(ordering: .relaxed) else { return }
    crew.stop()
    Unmanaged<Crew>.fromOpaque(address).release()
  }

  private static func retained(_ crew: Crew) -> UnsafeRawPointer {
    UnsafeRawPointer(Unmanaged.passRetained(crew).toOpaque())
  }

  private static func crew(at address: UnsafeRawPointer) -> Crew {
    Unmanaged<Crew>.fromOpaque(address).takeUnretainedValue()
  }
}

/// How many forks lie between the first process and this one.
let forkGeneration = Atomic<Int>(0)

private let forkHandlerIsInstalled: Bool = {
  pthread_atfork(nil, nil, { forkGeneration.add(1, ordering: .relaxed) }) == 0
}()
