/// A row of a kernel family's table: an instruction set, and the family's functions for it. `Kernels` is the family's
/// struct of its C header; the portable row fills it with Swift functions.
package struct KernelRow<Kernels: Sendable>: Sendable {
  package let instructionSet: InstructionSet
  package let kernels: Kernels
  /// Types of the operands that the functions are compiled for, in the family's order.
  package let elementTypes: [ElementType]

  package init(_ instructionSet: InstructionSet, _ kernels: Kernels, elementTypes: [ElementType] = [.float32]) {
    self.instructionSet = instructionSet
    self.kernels = kernels
    self.elementTypes = elementTypes
  }
}

extension Array {
  /// The family's best row for these types that needs no more than `instructionSet`; every family has a portable one.
  package func row<Kernels>(
    for instructionSet: InstructionSet, elementTypes: [ElementType] = [.float32]
  ) -> Element where Element == KernelRow<Kernels> {
    self.filter { $0.instructionSet <= instructionSet && $0.elementTypes == elementTypes }
      .max { $0.instructionSet < $1.instructionSet }!
  }

  /// The functions of that row.
  package func best<Kernels>(for instructionSet: InstructionSet) -> Kernels where Element == KernelRow<Kernels> {
    row(for: instructionSet).kernels
  }
}
