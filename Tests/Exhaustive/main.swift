// 2^x of every float there is, by every variant that this machine has, against `exp2` in double precision.
//
//     ExhaustiveExp2
//
// Prints a histogram of errors and fails where an error is beyond what docs/numerics.md says, where a result is smaller
// than a smaller input's by more than a unit, or where NaN, an infinity or a result under 2^−126 is not what it must
// be.

import Foundation
import Tessera

let patternsPerItem = 1 << 20
let itemCount = (1 << 32) / patternsPerItem

func examine(_ kernels: AttentionKernels, _ pool: WorkerPool) -> PatternRange {
  var ranges = [PatternRange?](repeating: nil, count: itemCount)
  ranges.withUnsafeMutableBufferPointer { ranges in
    nonisolated(unsafe) let slots = ranges
    pool.run(itemCount: itemCount) { item, _ in
      slots[item] = PatternRange(first: UInt32(item * patternsPerItem), count: patternsPerItem, kernels)
    }
  }
  return ranges.dropFirst().reduce(into: ranges[0]!) { $0.join($1!) }
}

let pool = try WorkerPool(threadCount: ProcessInfo.processInfo.activeProcessorCount)
var isRight = true
for row in AttentionKernels.variants {
  guard row.instructionSet.isAvailable else {
    print("exp2 \(row.instructionSet): skipped, this machine cannot run it")
    continue
  }
  let all = examine(row.kernels, pool)
  let bound = row.instructionSet == .portable ? 1.1 : 0.8
  let passes = all.worst <= bound && all.wrong == 0
  isRight = isRight && passes
  print(
    "exp2 \(row.instructionSet): \(passes ? "ok" : "FAILED"), at most \(all.worst) ulp, at \(all.worstInput);",
    "\(all.descents) descents by a unit, \(all.wrong) wrong results")
  for (bin, count) in all.bins.enumerated() where count > 0 {
    print(String(format: "  from %.2f ulp %12d", Double(bin) / PatternRange.binsPerUlp, count))
  }
}
exit(isRight ? 0 : 1)
