import FoundationEssentials
import Tessera
import Testing

@Suite struct ZZFingerprint {
  struct Random { var state: UInt64
    mutating func next(_ n: Int) -> Int { state = state &* 6364136223846793005 &+ 1442695040888963407; return Int((state >> 33) % UInt64(n)) }
    mutating func pick<T>(_ a: [T]) -> T { a[next(a.count)] } }
  static func hash(_ bits: [UInt32]) -> UInt64 { bits.reduce(0xcbf29ce484222325) { ($0 ^ UInt64($1)) &* 0x100000001b3 } }
  @Test func fingerprint() throws {
    var text = ""
    for index in 0..<1500 {
      var r = Random(state: UInt64(index) &* 7919 &+ 12345); for _ in 0..<5 { _ = r.next(2) }
      let set = r.pick(InstructionSet.available)
      let hkv = 1 + r.next(3), g = r.pick([1, 1, 2, 3])
      let lq = r.pick([1, 2, 3, 7, 9, 13, 29, 64, 100, 200, 530]), lk = r.pick([0, 1, 16, 33, 64, 100, 130, 513, 700, 1100, 2100])
      let b = 1 + r.next(2)
      let d = r.pick([3, 16, 64, 80, 128]), dv = r.pick([d, d, 16, 64, 19, 96])
      var p = AttentionProblem(batch: b, queryHeads: hkv * g, keyValueHeads: hkv, queryLength: lq, keyLength: lk, headDimension: d, valueDimension: dv, order: r.pick([.headsFirst, .rowsFirst]))
      p.mask = r.pick([.full, .full, .causal(), .causal(alignment: .topLeft), .window(left: 70, right: 3), .window(left: nil, right: 20)])
      if r.next(3) == 0 { p.keyLengths = (0..<b).map { _ in r.next(lk + 1) } }
      if r.next(5) == 0 { p.softcap = 2 }
      if r.next(4) == 0 { p.bias = BatchedMatrixLayout(scoresOf: p, broadcastingBatch: r.next(2) == 0, heads: r.next(2) == 0, queries: r.next(3) == 0) }
      if r.next(4) == 0 { p.booleanMask = BatchedMatrixLayout(scoresOf: p, broadcastingBatch: r.next(2) == 0, heads: r.next(2) == 0, queries: r.next(3) == 0) }
      if r.next(4) == 0 { p.dropout = try Dropout(probability: 0.3, seed: 3) }
      p.writesLogSumExp = r.next(2) == 0
      let ledger = Ledger()
      let capacity = r.pick([1 << 30, 1 << 18])
      let context = ExecutionContext(pool: try WorkerPool(threadCount: 1 + r.next(2)), instructionSet: set, ledger: ledger, fastMemoryBytes: capacity)
      var call = try AttentionCall(p, seed: UInt64(index))
      if r.next(6) == 0, !call.values.isEmpty { call.values[r.next(call.values.count)] = .nan }
      let plan = try AttentionPlan(for: p, context: context)
      let result = try call.run(context, plan: plan)
      let t = ledger.entries["attention"]!.traffic
      text += "\(index) \(set) \(Self.hash(result.output.map(\.bitPattern))) \(Self.hash(result.logSumExp.map(\.bitPattern))) \(plan.workspaceBytes) \(t.readBytes) \(t.writtenBytes) \(t.updates)\n"
      // Ranges.
      guard lk > 0, d % 16 == 0, dv % 16 == 0 else { continue }
      let type = r.pick([StoredType.float32, .bfloat16, .float16])
      var q = p; q.bias = nil; q.booleanMask = nil; q.writesLogSumExp = false; q.keyLengths = nil; q.keyValueType = type
      let es = type == .float32 ? 4 : 2
      let room = (lk + 63) / 64 * 64
      let (ks, vs) = (hkv * d + r.pick([0, 16]), hkv * dv + r.pick([0, 16]))
      func bytes(_ n: Int, _ s: UInt64) -> [Float] {
        var f = [Float](repeating: 0, count: n); f.withUnsafeMutableBufferPointer { fillUniform($0, seed: s) }
        if type == .float32 { return f }
        // two 2-byte numbers each: bits of small exponents
        return f.map { x in let h: UInt32 = type == .bfloat16 ? (x.bitPattern >> 16) : UInt32(0x3000 | (x.bitPattern >> 10 & 0x8fff)); return Float(bitPattern: h << 16 | h) }
      }
      let keys = bytes(b * room * ks * es / 4, UInt64(index) + 5), values = bytes(b * room * vs * es / 4, UInt64(index) + 6)
      var ranges = KeyValueRanges(type: type, keyStrides: .init(row: ks, head: d), valueStrides: .init(row: vs, head: dv))
      let step = r.pick([64, 128, 1 << 20])
      for s in 0..<b {
        let length = r.next(lk + 1)
        ranges.append(stride(from: 0, to: length, by: step).map { first in
          KeyValueRanges.Range(count: min(step, length - first), keyOffset: (s * room + first) * ks, valueOffset: (s * room + first) * vs) })
      }
      ledger.reset()
      let rplan = try AttentionPlan(for: q, context: context)
      var output = [Float](repeating: .nan, count: q.output.requiredCount!)
      try rplan.run(queries: call.queries.span, keys: keys.span.bytes, values: values.span.bytes, at: ranges, output: output.mutableSpan)
      let u = ledger.entries.values.first!.traffic
      text += "  r \(type) \(Self.hash(output.map(\.bitPattern))) \(rplan.workspaceBytes) \(u.readBytes) \(u.writtenBytes) \(u.updates)\n"
    }
    try Data(text.utf8).write(to: URL(fileURLWithPath: ProcessInfo.processInfo.environment["FP_OUT"]!))
  }
}
