import Foundation
import Synchronization

/// Ctrl-C as a wish that is asked about, so that what runs ends in good order.
enum Interruption {
  private static let flag = Atomic<Bool>(false)

  /// Whether there was a Ctrl-C since `expect`.
  static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// From now on Ctrl-C sets the flag; with `endsAtSecond` the next one does, and one after it has the usual effect.
  static func expect(endsAtSecond: Bool = true) {
    // The handler must not be the first to touch it.
    flag.store(false, ordering: .relaxed)
    var action = sigaction()
    #if canImport(Darwin)
      action.__sigaction_u.__sa_handler = handler
    #else
      action.__sigaction_handler.sa_handler = handler
    #endif
    action.sa_flags = Int32(truncatingIfNeeded: (endsAtSecond ? SA_RESETHAND : 0)) | SA_RESTART
    sigaction(SIGINT, &action, nil)
    // Who has started the process may have held it back, and this is inherited.
    var interrupt = sigset_t()
    sigemptyset(&interrupt)
    sigaddset(&interrupt, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &interrupt, nil)
  }

  private static let handler: @convention(c) (Int32) -> Void = { _ in flag.store(true, ordering: .relaxed) }

  /// From now on Ctrl-C has its usual effect.
  static func expectNoMore() { signal(SIGINT, SIG_DFL) }

  /// What a shell gives a process that Ctrl-C has ended.
  static let exitStatus: Int32 = 130
}
