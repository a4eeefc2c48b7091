#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A mutex and a condition: where workers sleep. POSIX rather than futexes, so that a Mac has it too.
final class SleepingPlace: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Sleeps until `holds` answers true; `enter` runs before it is first asked, `leave` after that answer.
  func sleep(enter: () -> Void, until holds: () -> Bool, leave: () -> Void) {
    pthread_mutex_lock(mutex)
    enter()
    while !holds() { pthread_cond_wait(condition, mutex) }
    leave()
    pthread_mutex_unlock(mutex)
  }

  /// Wakes sleepers, but no more of them than there is work for.
  func wake(atMost count: Int) {
    pthread_mutex_lock(mutex)
    if count >= 8 {
      pthread_cond_broadcast(condition)
    } else {
      for _ in 0..<max(0, count) { pthread_cond_signal(condition) }
    }
    pthread_mutex_unlock(mutex)
  }
}
