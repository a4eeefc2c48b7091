// Runs calls of catalog operators one after the other on one thread, to be traced by valgrind's lackey, and describes
// each on standard output, which the trace shares: the lines stand among the trace's where they were written.
// One process does them all, because starting one is most of what is traced.
//
//     TrafficProbe [OPERATOR …]
//
//     case OPERATOR MODE INSTRUCTION-SET SHAPE CAPACITY
//     operand NAME ADDRESS BYTES         one line each
//     sentinel ADDRESS                   stored to right before the call and right after it
//     counted READ-BYTES WRITTEN-BYTES   D, from the ledger
//     done

import Tessera

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Prints now: the line's place among the trace's lines is what it says when.
func say(_ words: Any...) {
  print(words.map { "\($0)" }.joined(separator: " "))
  fflush(nil)
}

func hexadecimal(_ pointer: UnsafeRawPointer?) -> String { String(UInt(bitPattern: pointer), radix: 16) }

func run(_ call: TrafficCase, _ instructionSet: InstructionSet) throws {
  let entry = try OperatorCatalog.entry(named: call.name)
  let ledger = Ledger()
  let context = ExecutionContext(
    pool: try WorkerPool(threadCount: 1), instructionSet: instructionSet, ledger: ledger,
    fastMemoryBytes: call.fastMemoryBytes)
  var request = OperatorRequest(extents: call.extents)
  request.mode = call.mode
  request.transposesRight = call.transposesRight
  call.configure(&request)
  let prepared = try entry.prepare(request, context: context)
  // Zeros: which bytes move does not depend on what they hold, and OperandStorage's numbers take long to trace. Row
  // numbers are what it does depend on.
  let descriptor = entry.descriptor(for: request)
  let operands = descriptor.reads + descriptor.writes(in: call.mode)
  let owners = try operands.map { try AlignedBuffer<UInt8>(repeating: 0, count: $0.byteCount(call.extents)) }
  var buffers = OperandBuffers()
  for (operand, owner) in zip(operands, owners) {
    let memory = UnsafeMutableRawBufferPointer(owner.elements)
    buffers[operand.name] = memory
    if case .indices(let extent) = operand.content, descriptor.reads.contains(where: { $0.name == operand.name }) {
      fillIndices(memory.bindMemory(to: Int32.self), below: call.extents[extent], seed: 1)
    }
  }
  // A cache line of its own. Its address leaves this function, so that neither store can be left out.
  let sentinel = try AlignedBuffer<UInt64>(repeating: 0, count: 8)

  say("case", call.name, call.mode, instructionSet.rawValue, call.shape, call.fastMemoryBytes)
  for (operand, owner) in zip(operands, owners) {
    say("operand", operand.name, hexadecimal(owner.pointer), owner.count)
  }
  say("sentinel", hexadecimal(sentinel.pointer))
  try withExtendedLifetime((owners, sentinel)) {
    sentinel.pointer.pointee = 1
    try prepared.run(buffers)
    sentinel.pointer.pointee = 2
  }
  let counted = ledger.entries[entry.descriptor.name]!.traffic
  say("counted", counted.readBytes, counted.writtenBytes)
}

do {
  let wanted = try CommandLine.arguments.dropFirst().map { try OperatorCatalog.entry(named: $0).descriptor.name }
  for instructionSet in InstructionSet.available {
    for call in TrafficCase.all {
      let name = try OperatorCatalog.entry(named: call.name).descriptor.name
      if wanted.isEmpty || wanted.contains(name) { try run(call, instructionSet) }
    }
  }
  say("done")
} catch {
  say("failed", error)
  exit(1)
}
