// Runs calls of catalog operators one after the other on one thread, to be traced by valgrind's lackey, and describes
// each on standard output, which the trace shares: the lines stand among the trace's where they were written.
// One process does them all, because starting one is most of what is traced.
//
//     TrafficProbe [--share SHARE TURN] [--part PART PARTS] [OPERATOR …]
//
// Of all pairs of a call and an instruction set, every SHAREth is run, another in each TURN; neighbouring instruction sets
// have neighbouring turns. Several programs may share those: each has its part, counted from 0.
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
  let arranged = try prepared.arrange(buffers)
  // A cache line of its own. Its address leaves this function, so that neither store can be left out.
  let sentinel = try AlignedBuffer<UInt64>(repeating: 0, count: 8)

  say("case", call.name, call.mode, instructionSet.rawValue, call.shape, call.fastMemoryBytes)
  for (operand, owner) in zip(operands, owners) {
    say("operand", operand.name, hexadecimal(owner.pointer), owner.count)
  }
  if let arranged { say("operand", "arranged", hexadecimal(arranged.baseAddress), arranged.count) }
  say("sentinel", hexadecimal(sentinel.pointer))
  try withExtendedLifetime((owners, sentinel)) {
    sentinel.pointer.pointee = 1
    try prepared.runArranged(buffers)
    sentinel.pointer.pointee = 2
  }
  let counted = ledger.entries[entry.descriptor.name]!.traffic
  say("counted", counted.readBytes, counted.writtenBytes)
}

do {
  var arguments = CommandLine.arguments.dropFirst()
  var (share, turn) = (1, 0)
  if arguments.first == "--share" {
    (share, turn) = (Int(arguments[2])!, Int(arguments[3])!)
    arguments = arguments.dropFirst(3)
  }
  var (part, parts) = (0, 1)
  if arguments.first == "--part" {
    (part, parts) = (Int(arguments[arguments.startIndex + 1])!, Int(arguments[arguments.startIndex + 2])!)
    arguments = arguments.dropFirst(3)
  }
  let wanted = try arguments.map { try OperatorCatalog.entry(named: $0).descriptor.name }
  let all = try TrafficCase.all.filter { call in
    try wanted.isEmpty || wanted.contains(OperatorCatalog.entry(named: call.name).descriptor.name)
  }
  var calls = InstructionSet.available.enumerated().flatMap { set, instructionSet in
    all.enumerated().filter { ($0.offset + set + turn) % share == 0 }.map {
      (call: $0.element, instructionSet: instructionSet)
    }
  }
  calls = calls.enumerated().filter { $0.offset % parts == part }.map(\.element)
  for call in calls { try run(call.call, call.instructionSet) }
  say("done")
} catch {
  say("failed", error)
  exit(1)
}
