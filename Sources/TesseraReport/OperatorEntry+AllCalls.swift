import Tessera

extension OperatorEntry {
  /// What calls read: the usual call's operands, and after them those that only other calls have, which are in place or
  /// have a sum with another reader. What calls write the usual one does.
  var readsOfAllCalls: [Operand] {
    var (inPlace, summed) = (OperatorRequest(extents: [:]), OperatorRequest(extents: [:]))
    (inPlace.isInPlace, summed.returnsSum) = (true, true)
    return [inPlace, summed].reduce(into: descriptor.reads) { reads, request in
      let known = Set(reads.map(\.name))
      reads += descriptor(for: request).reads.filter { !known.contains($0.name) }
    }
  }
}
