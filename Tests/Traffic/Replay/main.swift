// Reads what TrafficProbe and valgrind's lackey wrote, one run or more after each other, replays each call's data
// accesses through a write-back cache of the capacity that the call was planned for, and compares the bytes.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

var replay = TraceReplay()
print(Comparison.header)
LineReader.forEachLine { line in
  if let comparison = replay.take(line) {
    print(comparison.row)
    fflush(nil)
  }
}
replay.end()
if let complaint = replay.complaint { print("test-traffic: \(complaint)") }
let passed = replay.comparisons.count { $0.passes }
let failed = replay.comparisons.count - passed + (replay.complaint == nil ? 0 : 1)
print("\(passed) passed, \(failed) failed")
exit(failed == 0 && passed > 0 ? 0 : 1)
