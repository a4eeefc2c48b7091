// Runs calls of catalog operators, and of layers made of them, one after the other on one thread, to be traced by
// valgrind's lackey, and describes each on standard output, which the trace shares: the lines stand among the trace's
// where they were written.
// One process does them all, because starting one is most of what is traced.
//
//     TrafficProbe [--share SHARE TURN] [--part PART PARTS] [OPERATOR | LAYER …]
//
// Of all pairs of a call and an instruction set, every SHAREth is run, another in each TURN; neighbouring instruction
// sets have neighbouring turns. Several programs may share those: each has its part, counted from 0.
//
//     case OPERATOR-OR-LAYER MODE INSTRUCTION-SET SHAPE CAPACITY
//     operand NAME ADDRESS BYTES         one line each
//     sentinel ADDRESS                   stored to right before the call and right after it
//     counted READ-BYTES WRITTEN-BYTES   D, from the ledger; of a layer that of all its operators
//     done

import Tessera

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

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
  let packed = try prepared.packWeights(buffers)
  var places = zip(operands, owners).map { ($0.name, UnsafeRawBufferPointer($1.elements)) }
  if let packed { places.append(("packed-weights", UnsafeRawBufferPointer(packed))) }
  try withExtendedLifetime(owners) {
    try trace(
      [call.name, call.mode, instructionSet.rawValue, call.shape, call.fastMemoryBytes], operands: places,
      counted: { ledger.entries[entry.descriptor.name]!.traffic }, { try prepared.runPacked(buffers) })
  }
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
  // A layer is no operator: the catalog has no entry of it.
  func name(_ word: String) throws -> String {
    try TrafficLayer.all.contains { $0.name == word } ? word : OperatorCatalog.entry(named: word).descriptor.name
  }
  let wanted = try arguments.map(name)
  func isWanted(_ word: String) throws -> Bool { try wanted.isEmpty || wanted.contains(name(word)) }
  let operators = try TrafficCase.all.filter { try isWanted($0.name) }
  let layers = try TrafficLayer.all.filter { try isWanted($0.name) }
  typealias Traced = () throws -> Void
  // Layers first, as they take longest, and with the widest kernels only: D is the same with all, and each operator is
  // traced with all.
  let wholeLayers: [Traced] = layers.enumerated().filter { ($0.offset + turn) % share == 0 }.map { _, layer in
    { try layer.run(.best) }
  }
  let single: [Traced] = InstructionSet.available.enumerated().flatMap { set, instructionSet in
    operators.enumerated().filter { ($0.offset + set + turn) % share == 0 }.map { _, call in
      { try run(call, instructionSet) }
    }
  }
  for (index, call) in (wholeLayers + single).enumerated() where index % parts == part { try call() }
  say("done")
} catch {
  say("failed", error)
  exit(1)
}
